import type { ScenarioRecord } from './record.ts'
import type { Labels } from './timeline.ts'
import type { Verdict } from './verdict.ts'

/** One metric family as plain data; a face turns it into the exposition format. */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly samples: readonly { readonly labels: Labels; readonly value: number }[]
}

/** What the test metrics need of one executed scenario; a ScenarioRecord is one. */
export type PastTest = Pick<ScenarioRecord, 'system' | 'scenario' | 'verdict' | 'endedAt' | 'measures'>

/**
 * The metrics of DR tests from all past runs, in any order: `records.flatMap(record => record.scenarios)`.
 * Every series carries `system` and `scenario`, so that one drill cannot hide that another is stale.
 */
export function testMetrics(past: Iterable<PastTest>): readonly MetricFamily[] {
  const tests = groupTests(past)
  const perTest = (value: (runs: readonly PastTest[]) => number) =>
    tests.map(runs => ({ labels: identity(latest(runs)), value: value(runs) }))
  const count = (runs: readonly PastTest[], verdict: Verdict) => runs.filter(run => run.verdict === verdict).length
  return [
    {
      name: 'genesis_dr_test_total',
      help: 'DR tests executed, whatever came of them.',
      type: 'counter',
      samples: perTest(runs => runs.length),
    },
    {
      name: 'genesis_dr_test_verdict_total',
      help: 'DR tests executed, by verdict.',
      type: 'counter',
      // All three are always there: a counter that is born at 1 shows no increase.
      samples: tests.flatMap(runs =>
        (['met', 'unmet', 'unknown'] as const).map(verdict => ({
          labels: { ...identity(latest(runs)), verdict },
          value: count(runs, verdict),
        })),
      ),
    },
    {
      name: 'genesis_dr_test_success_rate',
      help: 'Share of executed DR tests that were met, 0 to 1. An unknown outcome is no success.',
      type: 'gauge',
      samples: perTest(runs => count(runs, 'met') / runs.length),
    },
    {
      name: 'genesis_dr_test_last_run_timestamp',
      help: 'When the last DR test ended, whatever came of it, in seconds since the epoch.',
      type: 'gauge',
      samples: perTest(runs => latest(runs).endedAt / 1000),
    },
    {
      name: 'genesis_dr_test_last_success_timestamp',
      help: 'When the last DR test that was met ended, in seconds since the epoch. 0: none ever was.',
      type: 'gauge',
      samples: perTest(
        runs => Math.max(0, ...runs.filter(run => run.verdict === 'met').map(run => run.endedAt)) / 1000,
      ),
    },
    ...(['seconds', 'rows'] as const).map(unit => measured(tests, unit)),
    {
      name: 'genesis_dr_test_objective_seconds',
      help: 'What was promised for a measure of the last DR test, in seconds of drill or wall time.',
      type: 'gauge',
      samples: tests.flatMap(runs => {
        const run = latest(runs)
        return run.measures.flatMap(({ name, subject, time, unit, objective }) =>
          objective === undefined || unit !== 'seconds'
            ? []
            : [{ labels: { ...identity(run), measure: name, subject, time }, value: objective }],
        )
      }),
    },
  ]
}

function measured(tests: readonly (readonly PastTest[])[], unit: 'seconds' | 'rows'): MetricFamily {
  return {
    name: `genesis_dr_test_measure_${unit}`,
    help: `Measures of the last DR test in ${unit}. One that could not be taken is absent, never 0.`,
    type: 'gauge',
    samples: tests.flatMap(runs => {
      const run = latest(runs)
      return run.measures.flatMap(measure =>
        measure.unit !== unit || measure.value === undefined
          ? []
          : [
              {
                labels: { ...identity(run), measure: measure.name, subject: measure.subject, time: measure.time },
                value: measure.value,
              },
            ],
      )
    }),
  }
}

/** One non-empty list per system and scenario, oldest run first. */
function groupTests(past: Iterable<PastTest>): readonly (readonly PastTest[])[] {
  const groups = Map.groupBy(past, ({ system, scenario }) => JSON.stringify([system, scenario]))
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, runs]) => runs.toSorted((a, b) => a.endedAt - b.endedAt))
}

function latest(runs: readonly PastTest[]): PastTest {
  const last = runs.at(-1)
  if (last === undefined) throw new Error('a group of tests is never empty')
  return last
}

function identity({ system, scenario }: PastTest): Labels {
  return { system, scenario }
}
