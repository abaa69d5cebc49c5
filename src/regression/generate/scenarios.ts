import { join, relative, resolve } from 'node:path'
import { stringify } from 'yaml'
import { formatDuration } from '../../model/duration.ts'
import { print } from '../../promql/print.ts'
import { scaleExpression } from '../../promql/scale.ts'
import { parseSeriesName } from '../../promql/series-notation.ts'
import type { CheckFile } from '../check/collect.ts'
import { RuleLibrary } from '../check/library.ts'
import { readScenario } from '../check/scenario-file.ts'
import { judgeScenarios } from '../check/scenarios.ts'
import { simulate, Unsimulated } from '../check/simulate.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import type { Proven } from './alerts.ts'
import { firingSpan } from './claims.ts'

/** A scenario for a live run, or why there is none. */
export type MadeScenario = { readonly text: string } | { readonly reason: string }

/** Any time scale above 1 asks for the same rewriting. */
const SOME_SCALE = 60
const DAY = 86_400

/**
 * A scenario that plays what makes the alert fire and resolve. Only for alerts whose meaning can be kept at another time scale, and whose
 * input a scrape can deliver. `path` is where it will lie.
 */
export function writeScenario(
  proven: Proven,
  path: string,
  alertmanager: string | undefined,
  besides: readonly string[] = [],
): MadeScenario {
  const { subject, lives, solved } = proven
  const { rule } = subject
  const [life] = lives
  if (life === undefined || solved === undefined || !proven.resolves)
    return { reason: 'it was not seen to fire and resolve' }
  const { refused } = scaleExpression(print(solved.plan.expression), { timeScale: SOME_SCALE, world: () => 'drill' })
  if (refused !== undefined) return { reason: refused }
  const { watched, pace } = life
  const series = watched.series.map(one => ({ ...one, name: parseSeriesName(one.series) }))
  const bare = series.find(({ name }) => 'error' in name || !name.labels['job'] || !name.labels['instance'])
  if (bare !== undefined)
    return { reason: `${bare.series} cannot come from a scrape, which adds the labels job and instance` }
  if (watched.evaluations * pace.evaluation > DAY) return { reason: 'it takes more than a day' }
  const span = firingSpan(watched, pace)
  if (span === undefined) return { reason: 'it does not fire in one piece' }
  const clocks = solved.plan.classes.flatMap(({ metric, uses }) =>
    uses.has('clock') && !metric.endsWith('_timestamp_seconds') ? [metric] : [],
  )
  const step = pace.evaluation
  const expected = { kind: 'alert', alert: rule.name }
  const [first] = watched.firing.get(span.from) ?? []
  const labels = Object.fromEntries(Object.entries(first?.labels ?? {}).filter(([label]) => label !== 'alertname'))
  const at = (evaluation: number) => evaluation * step
  const document = {
    scenario: slugOf(rule.name),
    title: `${rule.name} fires and resolves`,
    system:
      subject.file
        .split('/')
        .at(-1)
        ?.replace(/\.\w+$/, '') ?? 'rules',
    rationale: `${rule.name} must fire when ${rule.expr.value.replace(/\s+/g, ' ').trim()}.`,
    monitoring: {
      rules: subject.rulePaths.map(file => relative(resolve(join(path, '..')), resolve(file))),
      ...(alertmanager === undefined
        ? {}
        : { alertmanager: relative(resolve(join(path, '..')), resolve(alertmanager)) }),
      scrapeInterval: formatDuration(pace.sample),
      evaluationInterval: formatDuration(step),
    },
    timeScale: 'auto',
    services: {
      input: {
        kind: 'series',
        series: Object.fromEntries(series.map(one => [one.series, one.values])),
        interval: formatDuration(pace.sample),
        ...(clocks.length === 0 ? {} : { timestamps: [...new Set(clocks)] }),
      },
    },
    steady: [{ kind: 'quiet', ...(besides.length === 0 ? {} : { except: besides }) }],
    faults: [{ kind: 'play', service: 'input' }],
    expect: [
      {
        ...expected,
        state: 'firing',
        labels,
        // A scrape and an evaluation may fall on either side of a change.
        between: [formatDuration(Math.max(0, at(span.from) - 2 * step)), formatDuration(at(span.from) + 4 * step)],
      },
      { ...expected, state: 'resolved', within: formatDuration(at(span.to + 1) + 6 * step) },
    ],
    observe: formatDuration(at(watched.evaluations)),
  }
  const head =
    '# Written by genesis-drill generate. Runs live (genesis-drill run) and simulated (genesis-drill check).\n'
  return { text: head + stringify(document, { lineWidth: 0 }) }
}

const slugOf = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[^a-zA-Z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase() || 'alert'

/**
 * Scenarios as promtool plays them on their whole rule files: other alerts that the same input makes fire are named in them, and what
 * does not hold then is not kept.
 */
export async function proveScenarios(
  wanted: readonly { readonly proven: Proven; readonly path: string }[],
  alertmanager: string | undefined,
  pool: PromtoolPool,
): Promise<Map<Proven, MadeScenario>> {
  const library = new RuleLibrary()
  const made = new Map<Proven, MadeScenario>()
  await Promise.all(
    wanted.map(async ({ proven, path }) => {
      const first = writeScenario(proven, path, alertmanager)
      made.set(proven, first)
      if ('reason' in first) return
      const scenario = readScenario(asFile(path, first.text))
      const prepared = library.prepareFiles(proven.subject.rulePaths)
      if ('live' in scenario || prepared === undefined) return
      const { rules } = prepared
      if (rules.groups.reduce((sum, group) => sum + group.rules.length, 0) > MOST_RULES) {
        made.set(proven, {
          reason: `its rule file has more than ${MOST_RULES} rules, which every scenario would evaluate`,
        })
        return
      }
      try {
        const seen = await simulate({ scenario, file: path, rules, until: scenario.observe }, pool)
        const names = new Set(seen.flatMap(({ alerts }) => alerts.map(({ alert }) => alert)))
        names.delete(proven.subject.rule.name)
        const text = writeScenario(proven, path, alertmanager, [...names].sort())
        if ('reason' in text) return
        made.set(proven, text)
        const [judged] = await judgeScenarios([asFile(path, text.text)], pool)
        const failure = judged?.checked.flatMap(({ failures }) => failures)[0]
        if (failure !== undefined) made.set(proven, { reason: failure.message })
      } catch (thrown) {
        if (!(thrown instanceof Unsimulated)) throw thrown
        made.set(proven, { reason: `promtool: ${thrown.message.split('\n')[0]}` })
      }
    }),
  )
  return made
}

const MOST_RULES = 500

const asFile = (file: string, text: string): CheckFile => ({ kind: 'scenario', file, text })
