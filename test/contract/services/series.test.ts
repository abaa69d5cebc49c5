import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { inbox } from '../../../src/services/inbox.ts'
import { prometheus } from '../../../src/services/prometheus.ts'
import { series } from '../../../src/services/series.ts'
import { runtimes } from '../where.ts'
import { Bed, eventually } from './bed.ts'

const answer = z.object({ data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }) })

describe.each(runtimes)('played series on %s', name => {
  test('a real Prometheus sees them at K = 1000, a down target included', async () => {
    const K = 1_000
    await using bed = await Bed.open(name, K)
    await bed.start('inbox', inbox)
    await bed.start('web', series, {
      series: {
        'hosts{job="prism",instance="a"}': '10x50 4x100000',
        'up{job="prism",instance="b"}': '1x50 0x100000',
        'hosts{job="prism",instance="b"}': '7',
        'seen_timestamp{job="prism",instance="a"}': '0',
        plain: '1',
      },
      interval: '1m',
    })
    const targets = bed.ability('web', 'metrics')
    expect(targets.map(({ job, instance, world }) => [job, instance, world])).toEqual([
      ['prism', 'a', 'drill'],
      ['prism', 'b', 'drill'],
      ['web', 'web', 'drill'],
    ])
    await bed.start('prometheus', prometheus, {
      files: {
        'prometheus.yml': JSON.stringify({
          global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
          scrape_configs: targets.map(({ job, instance, path, target }) => ({
            job_name: `${job}/${instance}`,
            metrics_path: path,
            static_configs: [{ targets: [`${target.host}:${target.port}`], labels: { job, instance } }],
          })),
        }),
      },
    })
    const query = async (text: string) => {
      const { host, port } = await bed.ability('prometheus', 'endpoint').address()
      const response = await fetch(`http://${host}:${port}/api/v1/query?query=${encodeURIComponent(text)}`)
      return answer.parse(await response.json()).data.result.map(({ value }) => Number(value[1]))
    }
    expect(await eventually(async () => (await query('sum(up) == 3')).length === 1, 30_000)).toBe(true)
    // Before the play the first value stands.
    expect(await eventually(async () => (await query('hosts{instance="a"}'))[0] === 10)).toBe(true)
    expect(await eventually(async () => (await query('plain{job="web",instance="web"}'))[0] === 1)).toBe(true)
    const playback = bed.ability('web', 'playback')
    await playback.play()
    expect(await eventually(async () => (await query('hosts{instance="a"}'))[0] === 4, 90_000)).toBe(true)
    expect(await eventually(async () => (await query('up{instance="b"}'))[0] === 0)).toBe(true)
    // The exporter is gone, and so is what it exported.
    expect(await eventually(async () => (await query('hosts{instance="b"}')).length === 0)).toBe(true)
    // An instant of promtool's time 0 is now as old as the play, in drill seconds.
    expect(await eventually(async () => ((await query('time() - seen_timestamp'))[0] ?? 0) > 3_000)).toBe(true)
    await playback.reset()
    expect(await eventually(async () => (await query('hosts{instance="a"}'))[0] === 10)).toBe(true)
  })
})
