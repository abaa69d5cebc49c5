import type { RuleFile } from '../../monitoring/rules/read.ts'
import type { Single } from '../check/single.ts'
import { inLanes } from '../promtool/lanes.ts'
import type { PromtoolPool } from '../promtool/pool.ts'
import { beside } from './beside.ts'
import type { Candidate } from './copies.ts'
import { inPlace } from './in-place.ts'
import { type Fates, ruleMutants } from './rule-mutants.ts'
import { watchersIn } from './watchers.ts'

/** Asks whether any of the tests, all of which hold, notices each mutant. */
export async function killRuleMutants(
  files: readonly RuleFile[],
  tests: readonly Single[],
  pool: PromtoolPool,
): Promise<Fates> {
  const fates: Fates = new Map()
  const open: Candidate[] = []
  for (const mutant of files.flatMap(ruleMutants))
    if (mutant.equivalent !== undefined) fates.set(mutant, { fate: 'not counted', reason: mutant.equivalent })
    else open.push({ mutant, number: open.length })
  const watchersOf = watchersIn(files, tests)
  await inLanes(
    Map.groupBy(open, ({ mutant }) => mutant.rule),
    async ([rule, candidates]) => {
      const watchers = watchersOf(rule)
      await beside(candidates, watchers, fates, pool)
      const alive = candidates.filter(({ mutant }) => !fates.has(mutant))
      await Promise.all(alive.map(({ mutant }) => inPlace(mutant, watchers, fates, pool)))
    },
  )
  for (const { mutant } of open) if (!fates.has(mutant)) fates.set(mutant, { fate: 'survived' })
  return fates
}
