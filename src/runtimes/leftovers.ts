import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { messageOf } from '../model/errors.ts'
import { sweepEngine } from './container/leftovers.ts'
import { claimInEnvironment } from './labels.ts'
import { numbersIn, targetOf, textOf } from './proc.ts'
import { removeSegments } from './process/shared-memory.ts'
import { processNotes } from './process/spawn.ts'
import { identify, isRunning, killTree, type ProcessId } from './process/tree.ts'
import { unmountBelow } from './process/volumes.ts'
import { fallbackDirectory, fate, journalFile, readOwner, removeEmpty } from './state.ts'
import { Sweep, type Swept } from './sweep.ts'

const GRACE_MS = 10_000

/**
 * Removes what runs of dead harnesses left: processes, mounts, shared memory, containers, networks, volumes and files. Runs whose
 * harness is alive, and those of another state directory, are not touched. Gives the journals of the runs that it cleaned up.
 */
export async function clean({ state: given }: { state: string }): Promise<Swept> {
  const state = resolve(given)
  const sweep = new Sweep()
  const homes = [...(await directories(join(state, 'runs'))), ...(await directories(fallbackDirectory()))]
  for (const home of homes) {
    const owner = await readOwner(home)
    if (owner ? fate(owner) !== 'dead' : await isFresh(home)) continue
    await sweepRun(sweep, state, home)
  }
  for (const parent of new Set(homes.map(dirname))) await removeEmpty(parent)
  await sweepStrays(sweep, state)
  await sweepEngine(sweep, state)
  return sweep.outcome()
}

/** A directory without an owner may be about to get one. */
async function isFresh(home: string): Promise<boolean> {
  return Date.now() - (await stat(home)).mtimeMs < GRACE_MS
}

async function sweepRun(sweep: Sweep, state: string, home: string): Promise<void> {
  const run = basename(home)
  const noted = await notedProcesses(home)
  const left = [...noted.filter(isRunning), ...processesIn(home)]
  for (const { pid } of left)
    await sweep.remove('process', `${pid} of run ${run}`, `kill -9 ${pid}`, () => killTree(pid))
  await sweep.remove('mount', `below ${home}`, `umount --lazy ${home}/*/volumes/*`, async () => {
    return (await unmountBelow(home)).length > 0
  })
  await sweep.remove('shared memory', `of run ${run}`, 'ipcs -m; ipcrm -m ID', async () => {
    return (await removeSegments(new Set(noted.map(({ pid }) => pid)))).length > 0
  })
  const journal = await readFile(journalFile(state, run), 'utf8').catch(() => undefined)
  if (dirname(home) === join(state, 'runs') && !run.startsWith('.')) sweep.run(run, journal)
  await sweep.remove('directory', home, `rm -rf ${home}`, () =>
    rm(home, { recursive: true, force: true, maxRetries: 3 }),
  )
}

/** Processes whose run has no directory any more, known by their environment. */
async function sweepStrays(sweep: Sweep, state: string): Promise<void> {
  for (const pid of numbersIn('/proc')) {
    const claim = claimInEnvironment(textOf(`/proc/${pid}/environ`))
    if (claim?.state !== state || fate(claim.owner) !== 'dead' || !identify(pid)) continue
    await sweep.remove('process', `${pid} of run ${claim.run}`, `kill -9 ${pid}`, () => killTree(pid))
  }
}

async function notedProcesses(home: string): Promise<ProcessId[]> {
  const found: ProcessId[] = []
  for (const stack of await directories(home)) {
    const lines = (await readFile(processNotes(stack), 'utf8').catch(() => '')).split('\n')
    // The last line is cut short when the harness died while it wrote it.
    for (const line of lines) if (line.endsWith('}')) found.push(JSON.parse(line) as ProcessId)
  }
  return found
}

/** Programs that rewrite their own environment (Postgres, Redis) still work in the run's directory. */
function processesIn(home: string): ProcessId[] {
  return numbersIn('/proc')
    .filter(pid => targetOf(`/proc/${pid}/cwd`).startsWith(`${home}/`))
    .map(identify)
    .filter(found => found !== undefined)
}

async function directories(parent: string): Promise<string[]> {
  try {
    const entries = await readdir(parent, { withFileTypes: true })
    return entries.filter(entry => entry.isDirectory()).map(entry => join(parent, entry.name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new Error(`${parent} cannot be read: ${messageOf(error)}`, { cause: error })
  }
}
