import type { RecordedFinding, RunRecord, ScenarioRecord } from '../model/record.ts'
import type { Phase, TimelineEvent } from '../model/timeline.ts'
import type { LoadedDrill, LoadedScenario } from './load/scenario.ts'

/** Who watches a run live. Each method is optional; what one throws is dropped: watching never breaks a run. */
export interface RunObserver {
  runStarted?(run: string, drill: LoadedDrill): void
  scenarioStarted?(scenario: LoadedScenario, timeScale: number, reason: string): void
  phase?(scenario: LoadedScenario, phase: Phase): void
  event?(scenario: LoadedScenario, event: TimelineEvent): void
  finding?(scenario: LoadedScenario, finding: RecordedFinding): void
  scenarioEnded?(scenario: LoadedScenario, record: ScenarioRecord): void
  runEnded?(record: RunRecord): void
}

/** The same observer with every method present and none that can throw. */
export function shield(observer: RunObserver): Required<RunObserver> {
  const safely =
    <Arguments extends unknown[]>(call: (...given: Arguments) => void) =>
    (...given: Arguments) => {
      try {
        call(...given)
      } catch {
        // A broken terminal or a closed pipe is no reason to leave a database broken.
      }
    }
  return {
    runStarted: safely((run, drill) => observer.runStarted?.(run, drill)),
    scenarioStarted: safely((scenario, timeScale, reason) => observer.scenarioStarted?.(scenario, timeScale, reason)),
    phase: safely((scenario, phase) => observer.phase?.(scenario, phase)),
    event: safely((scenario, event) => observer.event?.(scenario, event)),
    finding: safely((scenario, finding) => observer.finding?.(scenario, finding)),
    scenarioEnded: safely((scenario, record) => observer.scenarioEnded?.(scenario, record)),
    runEnded: safely(record => observer.runEnded?.(record)),
  }
}
