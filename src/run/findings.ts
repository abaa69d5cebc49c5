import type { Finding } from '../model/finding.ts'
import type { RecordedFinding } from '../model/record.ts'
import type { ExpectationList } from '../model/timeline.ts'
import type { LoadedScenario, TimedExpectation } from './load/scenario.ts'
import type { Timeline } from './timeline.ts'

export interface Findings {
  readonly all: readonly RecordedFinding[]
  /** `at` and `after` are instants of the clock; `at` defaults to now. */
  add(
    list: ExpectationList,
    index: number,
    expectation: TimedExpectation | undefined,
    finding: Finding,
    when?: { readonly at?: number; readonly after?: number },
  ): void
  /** A record tells of every expectation, also of those that nobody came to. These are told to nobody. */
  fillUp(scenario: LoadedScenario, reason: string): void
}

/** What came of each expectation, kept in the timeline and told as it comes. */
export function findingsBook(timeline: Timeline, tell: (finding: RecordedFinding) => void): Findings {
  const all: RecordedFinding[] = []
  const keep = (
    list: ExpectationList,
    index: number,
    { kind, text }: TimedExpectation,
    finding: Finding,
    { at = timeline.clock.now(), after }: { at?: number; after?: number } = {},
  ): RecordedFinding => {
    timeline.append({ event: 'expectation', list, index, kind, finding, ...(after === undefined ? {} : { after }) }, at)
    const recorded: RecordedFinding = { ...finding, list, index, kind, expectation: text, at: timeline.shown(at) }
    all.push(recorded)
    return recorded
  }
  return {
    all,
    add(list, index, expectation, finding, when) {
      if (expectation !== undefined) tell(keep(list, index, expectation, finding, when))
    },
    fillUp(scenario, reason) {
      const finding: Finding = { verdict: 'unknown', message: `not looked at: ${reason}`, evidence: [] }
      for (const list of ['steady', 'expect', 'after'] as const)
        for (const [index, expectation] of scenario[list].entries())
          if (!all.some(found => found.list === list && found.index === index)) keep(list, index, expectation, finding)
    },
  }
}
