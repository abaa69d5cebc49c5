import { openFaults } from '../run/left-behind.ts'
import { clean, type Swept } from '../runtimes/index.ts'

/** Removes what runs that were killed have left, and says so, a line each. Nothing left: no lines. */
export async function removeLeftovers(state: string): Promise<{ swept: Swept; lines: readonly string[] }> {
  const swept = await clean({ state })
  return { swept, lines: [...swept.runs.flatMap(runLines), ...countLines(swept), ...swept.failed.map(failedLine)] }
}

function runLines({ run, journal }: Swept['runs'][number]): string[] {
  const faults = openFaults(journal ?? '')
  const undone = faults.map(
    ({ scenario, name }) => `  rolled back by removing what it had damaged: fault ${name} of scenario ${scenario}`,
  )
  return [`Run ${run} was killed before it ended; what it had started is removed.`, ...undone]
}

function countLines({ removed }: Swept): string[] {
  if (removed.length === 0) return []
  const counts = new Map<string, number>()
  for (const { what } of removed) counts.set(what, (counts.get(what) ?? 0) + 1)
  return [`Removed: ${[...counts].map(([what, count]) => `${what} (${count})`).join(', ')}.`]
}

function failedLine({ what, name, message, undo }: Swept['failed'][number]): string {
  return `Not removed: ${what} ${name}: ${message}. By hand: ${undo}`
}
