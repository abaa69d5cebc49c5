import type { PrintedAlert } from '../check/labels.ts'
import type { Pace } from './pace.ts'
import type { Watched } from './watch.ts'

/** What a generated test says of one instant. */
export interface Claim {
  /** Number of the evaluation. */
  readonly evaluation: number
  readonly alerts: readonly PrintedAlert[]
  /** Those of them that are the rule's own: other rules may have its name. */
  readonly own: readonly PrintedAlert[]
  /** Why this instant, for the reader. */
  readonly why: string
}

/** What a life shows: `undefined` when it does. */
export interface Life {
  readonly fires: boolean
  readonly quiet: boolean
  readonly resolves: boolean
}

interface Span {
  readonly from: number
  readonly to: number
}

/** Evaluations that belong to each act: the last one at its end. */
function spansOf({ play }: Watched, pace: Pace): Span[] {
  let end = 0
  return play.acts.map(({ seconds }) => {
    const from = Math.floor(end / pace.evaluation) + (end === 0 ? 0 : 1)
    end += seconds
    return { from, to: Math.floor(end / pace.evaluation) }
  })
}

const at = (watched: Watched, evaluation: number) => watched.firing.get(evaluation) ?? []
const fires = (watched: Watched, evaluation: number) => at(watched, evaluation).length > 0

/** Did the engine see what the play is there to show? */
export function lifeOf(watched: Watched, pace: Pace): Life {
  const spans = spansOf(watched, pace)
  const { acts } = watched.play
  const firing = acts.findIndex(({ intent }) => intent === 'fires')
  const within = spans[firing]
  const first = within === undefined ? undefined : firstIn(within, evaluation => fires(watched, evaluation))
  const before = acts.findIndex(({ intent }) => intent === 'quiet')
  const quiet = before >= 0 && before < firing && !fires(watched, spans[before]?.to ?? 0)
  const resolves = first !== undefined && acts.at(-1)?.intent === 'quiet' && !fires(watched, spans.at(-1)?.to ?? 0)
  return { fires: first !== undefined, quiet, resolves }
}

function firstIn({ from, to }: Span, holds: (evaluation: number) => boolean): number | undefined {
  for (let evaluation = from; evaluation <= to; evaluation++) if (holds(evaluation)) return evaluation
  return undefined
}

/** The evaluations at which the alert fires, from the first to the last of one piece, when there is one. */
export function firingSpan(watched: Watched, pace: Pace): { readonly from: number; readonly to: number } | undefined {
  const index = watched.play.acts.findIndex(({ intent }) => intent === 'fires')
  const span = spansOf(watched, pace)[index]
  const from = span && firstIn({ from: span.from, to: watched.evaluations }, evaluation => fires(watched, evaluation))
  if (from === undefined) return undefined
  const quiet = firstIn({ from, to: watched.evaluations }, evaluation => !fires(watched, evaluation))
  return quiet === undefined ? undefined : { from, to: quiet - 1 }
}

/** The instants worth a test: the end of each act, where firing begins and where it ends. */
export function claimsOf(watched: Watched, pace: Pace): Claim[] {
  const spans = spansOf(watched, pace)
  const claims = new Map<number, string>()
  const { acts, shows } = watched.play
  const claim = (evaluation: number, why: string) => {
    if (evaluation >= 0 && evaluation <= watched.evaluations && !claims.has(evaluation)) claims.set(evaluation, why)
  }
  acts.forEach((act, index) => {
    const span = spans[index]
    if (span === undefined) return
    const end = fires(watched, span.to)
    // The engine disagrees with what the input was made for: it proves nothing here.
    const expected = act.intent === undefined || (act.intent === 'fires') === end
    const after = index > 0 && acts[index - 1]?.intent === 'fires'
    if (shows === 'windows' || (shows === 'life' && (act.intent === 'fires' || after))) {
      const first = firstIn(span, evaluation => fires(watched, evaluation) !== fires(watched, evaluation - 1))
      if (first !== undefined && span.from > 0) {
        const begins = fires(watched, first)
        claim(first - 1, begins ? 'not yet' : 'still firing')
        claim(first, begins ? 'now' : 'resolved')
        const back = firstIn({ from: first + 1, to: span.to }, evaluation => fires(watched, evaluation) !== begins)
        if (back !== undefined) {
          claim(back - 1, begins ? 'still firing' : 'quiet')
          claim(back, begins ? 'no longer' : 'again')
        }
      } else if (first !== undefined) claim(first, 'now')
    }
    if (expected) claim(span.to, act.words)
  })
  return [...claims]
    .sort(([a], [b]) => a - b)
    .map(([evaluation, why]) => ({
      evaluation,
      why,
      alerts: watched.named.get(evaluation) ?? [],
      own: at(watched, evaluation),
    }))
}
