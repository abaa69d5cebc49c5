import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import type { RunContext } from '../model/kind.ts'

/** The person at the terminal; undefined when there is none. `quiet` keeps the progress display away from the question. */
export function personAt(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  { quiet }: { quiet(asking: boolean): void },
): NonNullable<RunContext['person']> | undefined {
  if (!input.isTTY || !output.isTTY) return undefined
  return {
    async confirm(question, signal) {
      quiet(true)
      const lines = createInterface({ input, output })
      try {
        for (;;) {
          const said = (await lines.question(`\n${question}\n  done or failed? `, { signal })).trim().toLowerCase()
          if (said === 'done' || said === 'failed') return { who: userInfo().username, answer: said }
        }
      } finally {
        lines.close()
        quiet(false)
      }
    },
  }
}
