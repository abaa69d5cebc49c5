import { parseDuration } from '../../model/duration.ts'
import type { PromtoolPool, Question } from '../promtool/pool.ts'
import type { Outcome } from '../promtool/process.ts'
import { type CarriedRule, writeRules } from '../promtool/rule-set.ts'
import {
  type Sequence,
  type Shiftable,
  sequenceKey,
  sequences,
  shiftable,
  sideBySide,
  testsOf,
} from '../promtool/sequence.ts'
import { type PromtoolTest, writeTest, writeTestFile } from '../promtool/test-file.ts'
import { readFailures } from '../promtool/verdicts.ts'
import type { Single } from './single.ts'

const DAY = 86_400
/** Of a test that weighs 1. */
const USUAL_EVALUATIONS = 50
/** One slow track would hold up all beside it. */
const MOST_BESIDE = 20

/** promtool's answer for each test, given only the rules that it needs. Without `share` every test gets a database of its own. */
export async function askTests(
  singles: readonly Single[],
  pool: PromtoolPool,
  share = true,
): Promise<Map<PromtoolTest, Outcome>> {
  const outcomes = new Map<PromtoolTest, Outcome>()
  const shared = share ? shareDatabases(singles, pool.jobs) : []
  const inSequence = new Set(shared.flatMap(({ sequence }) => sequence.tests.map(({ test }) => test)))
  const askAlone = async (single: Single) => {
    outcomes.set(single.test, await pool.ask(questionOf(single)))
  }
  const askTogether = async ({ sequence, head, rules, singles: members }: Shared) => {
    const tests = (ruleFiles: readonly string[]) => writeTestFile(head, ruleFiles, [sequence.text])
    const outcome = await pool.ask({ file: { tests, rules }, weight: sequence.tests.length })
    const failed = outcome.timedOut ? undefined : testsOf(readFailures(outcome.text), sequence)
    const isUnsure = ({ test }: Single) => !outcome.passed && (failed === undefined || failed.has(test))
    for (const member of members) if (!isUnsure(member)) outcomes.set(member.test, { passed: true, text: '' })
    // A failure is told in the words, and at the time, of the test alone.
    await Promise.all(members.filter(isUnsure).map(askAlone))
  }
  const alone = singles.filter(({ test }) => !inSequence.has(test))
  await Promise.all([...shared.map(askTogether), ...alone.map(askAlone)])
  return outcomes
}

interface Shared {
  readonly sequence: Sequence
  readonly head: readonly string[]
  readonly rules: string
  readonly singles: readonly Single[]
}

/** Tests of the same rules one after another, and beside them others that have nothing in common with them. */
interface Track {
  readonly sequence: Sequence
  readonly singles: readonly Single[]
  readonly kept: ReadonlySet<CarriedRule>
  /** Undefined: it must not have others beside it. */
  readonly footprint: ReadonlySet<string> | undefined
}

function shareDatabases(singles: readonly Single[], jobs: number): Shared[] {
  const tracks = new Map<string, Track[]>()
  for (const group of alike(singles).values()) {
    const [first] = group
    if (first === undefined) continue
    const { prepared, test, file } = first.single
    const bySingle = new Map(group.map(({ single }) => [single.test, single]))
    const made = sequences(
      group.map(one => one.shiftable),
      1,
    ).map((sequence): Track => {
      const members = sequence.tests.flatMap(one => bySingle.get(one.test) ?? [])
      const footprint = prepared.selection.footprint(members.map(one => one.test))
      return { sequence, singles: members, kept: prepared.selection.select(test), footprint }
    })
    const key = [...prepared.rules.files, ...file.head, sequenceKey(first.shiftable)].join('\n')
    tracks.set(key, [...(tracks.get(key) ?? []), ...made])
  }
  const count = [...tracks.values()].reduce((sum, { length }) => sum + length, 0)
  const most = Math.min(MOST_BESIDE, Math.max(1, Math.ceil(count / (jobs * 3))))
  return [...tracks.values()].flatMap(same => bundles(same, most)).flatMap(share)
}

/** Tests by what they must have in common to follow one another. */
function alike(singles: readonly Single[]): Map<string, { shiftable: Shiftable; single: Single }[]> {
  const groups = new Map<string, { shiftable: Shiftable; single: Single }[]>()
  for (const single of singles) {
    const { prepared, test, file } = single
    const movable = shiftable(test, prepared.selection.select(test), file.evaluationInterval)
    if (movable === undefined) continue
    const key = [rulesOf(single), ...file.head, sequenceKey(movable)].join('\n')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [{ shiftable: movable, single }])
    else group.push({ shiftable: movable, single })
  }
  return groups
}

/** Tracks that can stand beside each other; the longest together, since a database is evaluated to its end. */
function bundles(tracks: readonly Track[], most: number): Track[][] {
  const made: { readonly tracks: Track[]; readonly taken: Set<string> }[] = []
  for (const track of tracks.toSorted((a, b) => b.sequence.seconds - a.sequence.seconds)) {
    const { footprint } = track
    const room = footprint && made.find(bundle => bundle.tracks.length < most && bundle.taken.isDisjointFrom(footprint))
    if (room === undefined) made.push({ tracks: [track], taken: new Set(footprint) })
    else {
      room.tracks.push(track)
      for (const name of footprint ?? []) room.taken.add(name)
    }
  }
  return made.map(bundle => bundle.tracks)
}

/** Nothing for a test that would be alone: it is asked as it is. */
function share(tracks: readonly Track[]): Shared[] {
  const singles = tracks.flatMap(track => track.singles)
  const [first] = singles
  if (first === undefined || singles.length < 2) return []
  const kept = new Set(tracks.flatMap(track => [...track.kept]))
  return [
    {
      sequence: sideBySide(tracks.map(({ sequence }) => sequence)),
      head: first.file.head,
      rules: writeRules(first.prepared.rules.groups, rule => kept.has(rule)),
      singles,
    },
  ]
}

function questionOf(single: Single): Question {
  const { file, test } = single
  return {
    file: { tests: ruleFiles => writeTestFile(file.head, ruleFiles, [writeTest(test)]), rules: rulesOf(single) },
    long: isLong([test]),
    weight: Math.max(1, lastOf(test) / (parseDuration(file.evaluationInterval ?? '1m') || 60) / USUAL_EVALUATIONS),
  }
}

function rulesOf({ prepared, test }: Single): string {
  const kept = prepared.selection.select(test)
  return writeRules(prepared.rules.groups, rule => kept.has(rule))
}

/** Databases over more than a day take hundreds of megabytes. */
export function isLong(tests: readonly PromtoolTest[]): boolean {
  return tests.some(test => lastOf(test) > DAY)
}

/** Seconds to the last case. */
function lastOf({ alerts, expressions }: PromtoolTest): number {
  return Math.max(0, ...[...alerts, ...expressions].map(({ at }) => parseDuration(at) ?? 0))
}
