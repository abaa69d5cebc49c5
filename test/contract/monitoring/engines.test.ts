import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rewriteForRun } from '../../../src/monitoring/alertmanager/rewrite.ts'
import { composePrometheus } from '../../../src/monitoring/prometheus/compose.ts'
import { readRuleFile } from '../../../src/monitoring/rules/read.ts'
import { scaleRuleFile } from '../../../src/monitoring/rules/scale.ts'
import { print } from '../../../src/promql/print.ts'
import { formatValues, parseValues, valuesOf } from '../../../src/promql/series-notation.ts'

const run = promisify(execFile)
const fixtures = new URL('../../fixtures/', import.meta.url)
const ruleFiles = (await readdir(new URL('rules/', fixtures))).filter(file => file.endsWith('.yml'))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-drill-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function written(name: string, text: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, text)
  return file
}

/** Throws with the engine's own words when it refuses. */
async function accepted(engine: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await run(engine, args)
  return stdout + stderr
}

describe.each(ruleFiles)('%s', file => {
  it.each(['drill', 'wall'] as const)('scaled in %s time is accepted by promtool, no rule lost', async world => {
    const text = await readFile(new URL(`rules/${file}`, fixtures), 'utf8')
    for (const timeScale of [7, 60, 300]) {
      const scaled = scaleRuleFile(text, file, { timeScale, world: () => world })
      expect(scaled.refused).toEqual([])
      const count = readRuleFile(text, file).file.groups.flatMap(group => group.rules).length
      const said = await accepted(
        'promtool',
        'check',
        'rules',
        await written(`${timeScale}-${world}-${file}`, scaled.text),
      )
      expect(said).toContain(`SUCCESS: ${count} rules found`)
    }
  })

  it('printed by us is accepted by promtool', async () => {
    const { groups } = readRuleFile(await readFile(new URL(`rules/${file}`, fixtures), 'utf8'), file).file
    const rules = groups
      .flatMap(group => group.rules)
      .map(({ expression }, index) => ({
        record: `printed:${index}`,
        expr: print(expression),
      }))
    await accepted(
      'promtool',
      'check',
      'rules',
      await written(`printed-${file}`, JSON.stringify({ groups: [{ name: 'a', rules }] })),
    )
  })
})

describe('an Alertmanager file turned to the inbox', () => {
  it.each(['every-kind.yml', 'simple.yml'])('%s is accepted by amtool', async file => {
    const text = await readFile(new URL(`alertmanager/${file}`, fixtures), 'utf8')
    const options = { timeScale: 300, httpUrl: 'http://127.0.0.1:4000', smtp: { host: '::1', port: 2525 } }
    const rewritten = rewriteForRun(text, file, options)
    expect(await accepted('amtool', 'check-config', await written(file, rewritten.text))).toContain('SUCCESS')
  })
})

it('a composed prometheus.yml is accepted by promtool, generated and from a file of the user', async () => {
  const options = {
    targets: [{ job: 'dr', instance: 'prod:9100', address: { host: '127.0.0.1', port: 5000 }, path: '/probe' }],
    scrapeInterval: 15,
    evaluationInterval: 30,
    timeScale: 1000,
    alertmanagers: [{ host: '127.0.0.1', port: 9093 }],
    ruleFiles: [],
    externalLabels: { cluster: 'drill' },
  }
  const text = `scrape_configs: [{job_name: dr, scrape_interval: 1m, static_configs: [{targets: ['prod:9100']}]}]\n`
  for (const composed of [
    composePrometheus(options),
    composePrometheus({ ...options, userFile: { file: 'p.yml', text } }),
  ])
    expect(
      await accepted('promtool', 'check', 'config', '--syntax-only', await written('p.yml', composed.text)),
    ).toContain('SUCCESS')
})

it('series notation means to promtool what it means here', async () => {
  const tests = ['1+1x4 _ _x2 5 stale 7x2', '-3.5+0.1x6', '1e3-10x2 .5 _ 1'].map(text => {
    const runs = parseValues(text)
    if ('error' in runs) throw new Error(runs.error)
    const values = [...valuesOf(runs)]
    return {
      interval: '1m',
      input_series: [{ series: 'x', values: formatValues(values) }],
      promql_expr_test: values.map((value, index) => ({
        // Sees the sample of this minute alone, neither older ones nor staleness markers.
        expr: 'last_over_time(x[30s])',
        eval_time: `${index}m`,
        exp_samples: typeof value === 'number' ? [{ labels: 'x', value }] : [],
      })),
    }
  })
  const file = await written('notation.yml', JSON.stringify({ tests }))
  expect(await accepted('promtool', 'test', 'rules', file)).toContain('SUCCESS')
})
