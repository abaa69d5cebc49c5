import { messageOf } from '../model/errors.ts'
import { timing } from '../model/fields.ts'
import type { Finding } from '../model/finding.ts'
import type { CheckExpectation, RunContext } from '../model/kind.ts'
import { nearest } from '../model/nearest.ts'
import { pause } from './limit.ts'
import { registries } from './load/registries.ts'
import type { TimedExpectation } from './load/scenario.ts'
import { ask, type Cadence, type Watched } from './observe.ts'

/** An expectation of a scenario, bound to a run. A look asks only what decides; the reasons are asked for once, when it is decided. */
export function watch(
  { kind, spec, timing }: Pick<TimedExpectation, 'kind' | 'spec' | 'timing'>,
  run: RunContext,
): Watched {
  const expectation = registries.expectation[kind]
  if (expectation === undefined) throw new Error(`no expectation kind ${kind}`)
  const silent = withoutReasons(run)
  return {
    timing,
    look: () => expectation.check(spec as never, silent),
    explain: () => expectation.check(spec as never, run),
  }
}

/** Polls at up to a hundred looks a second must not ask for ten explanations each. */
function withoutReasons(run: RunContext): RunContext {
  const nothing = async () => []
  return { ...run, monitoring: { ...run.monitoring, explainAlert: nothing, explainNotification: nothing } }
}

/** For actions that wait for something: the same looks, until met or the time is over. */
export function checker(run: RunContext, cadence: Cadence): CheckExpectation {
  return async (expectation, withinMs) => {
    const watched = watch({ ...decodeLoose(expectation), timing: { when: 'now' } }, run)
    const until = performance.now() + withinMs
    for (;;) {
      run.signal.throwIfAborted()
      const finding = await ask(() => watched.look(), cadence.limitMs)
      if (finding.verdict === 'met') return finding
      if (performance.now() >= until) return withReasons(finding, watched, cadence)
      await pause(Math.min(cadence.everyMs, Math.max(1, until - performance.now())), run.signal)
    }
  }
}

async function withReasons(finding: Finding, watched: Watched, { limitMs }: Cadence): Promise<Finding> {
  const { evidence } = await ask(() => watched.explain(), limitMs)
  return evidence.length === 0 ? finding : { ...finding, evidence }
}

/** Inside an action an expectation stands as its author wrote it; its mistakes were found when the scenario was loaded. */
function decodeLoose(written: unknown): { kind: string; spec: unknown } {
  if (typeof written !== 'object' || written === null || !('kind' in written))
    throw new Error('an expectation needs a kind')
  const kind = String(written.kind)
  const known = registries.expectation[kind]
  if (known === undefined)
    throw new Error(
      `no expectation kind ${kind}; did you mean ${nearest(kind, Object.keys(registries.expectation)) ?? 'another'}?`,
    )
  const own = Object.entries(written).filter(([key]) => key !== 'kind' && !(key in timing))
  const decoded = known.spec.safeParse(Object.fromEntries(own))
  if (!decoded.success) throw new Error(`${kind}: ${messageOf(decoded.error)}`)
  return { kind, spec: decoded.data }
}
