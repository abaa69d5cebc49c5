import { z } from 'zod'
import { duration } from '../model/fields.ts'
import type { ServiceKind } from '../model/kind.ts'
import { sampleLine } from './exposition.ts'
import { MetricsServer, type Page } from './page.ts'
import { isTimestamp, type PlayedSeries, readSeries, shownAt } from './series/player.ts'

const spec = z.strictObject({
  series: z
    .record(z.string(), z.string())
    .refine(series => Object.keys(series).length > 0, 'expected at least one series')
    .superRefine((series, context) => {
      for (const { selector, message } of readSeries(series).problems)
        context.addIssue({ code: 'custom', path: [selector], message })
    })
    .describe("series in promtool's notation; `up` tells when its target stops answering"),
  interval: duration
    .default(60)
    .refine(seconds => seconds > 0, 'expected more than 0s')
    .describe('between two values'),
  timestamps: z
    .array(z.string())
    .default([])
    .describe('metrics whose values are instants although their names do not end in _timestamp_seconds'),
})
type Spec = z.output<typeof spec>

interface Target {
  readonly job: string
  readonly instance: string
  readonly up: PlayedSeries | undefined
  readonly series: readonly PlayedSeries[]
}

export const series: ServiceKind<Spec> = {
  summary:
    'Plays metrics in drill time on a real page that Prometheus scrapes, in the notation of promtool unit tests.',
  spec,
  example: `kind: series
series: { 'prism_online_hosts_total{job="prism"}': '10x10 4x40 10x20' }
interval: 1m
`,
  abilities: () => ['lifecycle', 'freeze', 'metrics', 'playback', 'endpoint'],
  dependsOn: () => [],
  drillMetric: (spec, metric) =>
    readSeries(spec.series).series.some(one => one.metric === metric) ? 'played' : undefined,

  async start(spec, host) {
    const { clock, runtime, place } = host
    const targets = targetsOf(readSeries(spec.series).series, place.service)
    let started: number | undefined
    const page: Page = async path => {
      const target = targets.find((_, index) => path === pathOf(index))
      if (target === undefined) return undefined
      const passed = started === undefined ? 0 : clock.drillSeconds(started, clock.now())
      const shown = (runs: PlayedSeries['runs']) => shownAt(runs, spec.interval, passed)
      if (target.up !== undefined && shown(target.up.runs) === 0)
        return { status: 503, text: `${target.job} ${target.instance} is down: its series \`up\` plays 0\n` }
      return target.series
        .map(({ metric, labels: { job: _job, instance: _instance, ...labels }, runs }) => {
          const value = shown(runs)
          if (value === undefined) return ''
          const instant = isTimestamp(metric) || spec.timestamps.includes(metric)
          // In promtool's world time begins at 0; here it is now, and goes faster.
          return sampleLine(metric, labels, instant ? Date.now() / 1000 - (passed - value) : value)
        })
        .join('')
    }
    const server = new MetricsServer(host, page)
    await server.start()
    return {
      facts: [],
      abilities: {
        lifecycle: server,
        freeze: server,
        metrics: targets.map(({ job, instance }, index) => server.target(job, instance, pathOf(index), 'drill')),
        playback: {
          async play() {
            started = clock.now()
          },
          async reset() {
            started = undefined
          },
        },
        endpoint: {
          address: async () => (await runtime.link('clients', place.service)).address,
          target: () => place.service,
        },
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
}

/** One target for each job and instance that the series name. */
function targetsOf(all: readonly PlayedSeries[], service: string): readonly Target[] {
  const job = (one: PlayedSeries) => one.labels['job'] ?? service
  const instance = (one: PlayedSeries) => one.labels['instance'] ?? service
  const groups = Map.groupBy(all, one => JSON.stringify([job(one), instance(one)]))
  return [...groups.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return []
    const members = [first, ...rest]
    return [
      {
        job: job(first),
        instance: instance(first),
        up: members.find(({ metric }) => metric === 'up'),
        series: members.filter(({ metric }) => metric !== 'up'),
      },
    ]
  })
}

function pathOf(index: number): string {
  return index === 0 ? '/metrics' : `/metrics/${index + 1}`
}
