import { readFileSync } from 'node:fs'
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { homedir, hostname, userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { EnvironmentError } from '../model/errors.ts'
import { startTime } from './process/tree.ts'

/** Who owns a run: enough to tell a living harness from a dead one, also after its pid was given to another process. */
export interface Owner {
  readonly pid: number
  /** Its start in clock ticks since the boot; null where there is no /proc. */
  readonly started: string | null
  readonly boot: string | null
  readonly host: string
}

/** `$GENESIS_DRILL_STATE`, else `$XDG_STATE_HOME/genesis-drill`, else `~/.local/state/genesis-drill`. */
export function stateDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['GENESIS_DRILL_STATE']
  if (given) return resolve(given)
  return join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'genesis-drill')
}

export function runDirectory(state: string, run: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,80}$/i.test(run)) throw new Error(`"${run}" cannot name a run`)
  return join(state, 'runs', run)
}

/** The journal of a run, kept in its directory until the run is released. */
export function journalFile(state: string, run: string): string {
  return join(runDirectory(state, run), 'journal.jsonl')
}

/** Where runs put their data when the state directory cannot be reached by the unprivileged user. */
export function fallbackDirectory(): string {
  return join('/var/tmp', `genesis-drill-${userInfo().uid}`)
}

export function thisOwner(): Owner {
  return { pid: process.pid, started: startTime(process.pid) ?? null, boot: bootId(), host: hostname() }
}

/** `elsewhere`: a harness on another machine, which cannot be judged from here. */
export function fate(owner: Owner): 'alive' | 'dead' | 'elsewhere' {
  if (owner.host !== hostname()) return 'elsewhere'
  if (owner.boot !== bootId()) return 'dead'
  if (owner.started !== null) return startTime(owner.pid) === owner.started ? 'alive' : 'dead'
  try {
    process.kill(owner.pid, 0)
    return 'alive'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : 'dead'
  }
}

/** Makes the run ours. Safe to call again; throws EnvironmentError when another living harness has it. */
export async function claimRun(state: string, run: string): Promise<string> {
  const directory = runDirectory(state, run)
  const known = await readOwner(directory)
  const us = thisOwner()
  if (known && fate(known) !== 'dead' && (known.pid !== us.pid || known.host !== us.host)) {
    throw new EnvironmentError(`run ${run} belongs to process ${known.pid} on ${known.host}, which is still running`, {
      advice: 'wait for it to end, or choose another run id',
    })
  }
  if (known?.pid === us.pid && known.started === us.started) return directory
  await mkdir(dirname(directory), { recursive: true })
  // Moved into place as a whole: nobody may see a run without an owner and take it for a leftover.
  const draft = await mkdtemp(join(dirname(directory), '.claim-'))
  try {
    await writeFile(join(draft, 'owner.json'), `${JSON.stringify(us)}\n`)
    await rename(draft, directory)
  } catch (error) {
    // It exists already, with a journal in it or from a harness that is dead.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    await rename(join(draft, 'owner.json'), join(directory, 'owner.json'))
    await rm(draft, { recursive: true, force: true })
  }
  return directory
}

/** Forgets a run: its journal and all that is left of it on disk. To be called when everything that it started is gone. */
export async function releaseRun(state: string, run: string): Promise<void> {
  await rm(runDirectory(state, run), { recursive: true, force: true })
  await removeEmpty(join(state, 'runs'))
}

export async function readOwner(directory: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, 'owner.json'), 'utf8')) as Owner
  } catch {
    return undefined
  }
}

/**
 * A fresh directory for one booted stack of a run, which the unprivileged user can reach: below the run's directory, or, when a parent
 * is closed to others (/root is), below /var/tmp.
 */
export async function stackDirectory(state: string, run: string): Promise<string> {
  const directory = await claimRun(state, run)
  // Ours to open: below a parent that others may pass, the run's data are reachable.
  for (const own of [state, join(state, 'runs'), directory]) await chmod(own, 0o711).catch(() => {})
  const home = (await passable(directory)) ? directory : join(fallbackDirectory(), run)
  await mkdir(home, { recursive: true, mode: 0o711 })
  if (home !== directory) {
    await refuseForeign(dirname(home))
    await writeFile(join(home, 'owner.json'), `${JSON.stringify(thisOwner())}\n`)
  }
  for (let number = 1; ; number++) {
    const stack = join(home, `stack-${number}`)
    try {
      await mkdir(stack, { mode: 0o711 })
      return stack
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Another stack of the run, or a sweep, has just removed what was empty.
      if (code === 'ENOENT') return stackDirectory(state, run)
      if (code !== 'EEXIST') throw error
    }
  }
}

/** Removes a stack's directory, and the run's own when nothing but the owner's note is left in it. */
export async function removeStack(state: string, run: string, stack: string): Promise<void> {
  await rm(stack, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  for (const home of new Set([dirname(stack), runDirectory(state, run)])) {
    const rest = await readdir(home).catch(() => ['?'])
    if (rest.every(name => name === 'owner.json')) {
      await rm(home, { recursive: true, force: true })
      await removeEmpty(dirname(home))
    }
  }
}

export async function removeEmpty(directory: string): Promise<void> {
  await rmdir(directory).catch(() => {})
}

/** In a directory that all may write to, somebody may have put a trap where ours should be. */
async function refuseForeign(directory: string): Promise<void> {
  const { uid } = await lstat(directory)
  if (uid === userInfo().uid) return
  throw new EnvironmentError(`${directory} belongs to another user (${uid})`, {
    advice: 'remove it, or set GENESIS_DRILL_STATE to a directory whose parents all users may pass',
  })
}

async function passable(directory: string): Promise<boolean> {
  if (process.getuid?.() !== 0) return true
  for (let at = directory; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return null
  }
}
