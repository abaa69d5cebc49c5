import { exitCodes } from '../model/errors.ts'
import { stateDirectory } from '../runtimes/index.ts'
import { removeLeftovers } from './leftovers.ts'

/** `genesis-drill clean`: rolls back and removes what runs that were killed have left behind. */
export async function cleanCommand(options: { json?: boolean } = {}): Promise<number> {
  const { swept, lines } = await removeLeftovers(stateDirectory())
  if (options.json) console.log(JSON.stringify(swept, null, 2))
  else for (const line of lines.length > 0 ? lines : ['Nothing was left behind.']) console.log(line)
  return swept.failed.length === 0 ? exitCodes.met : exitCodes.rollbackFailed
}
