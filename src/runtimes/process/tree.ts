import { setTimeout as sleep } from 'node:timers/promises'
import { numbersIn, textOf } from '../proc.ts'

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessId {
  readonly pid: number
  /** Its start, in clock ticks since the boot. */
  readonly started: string
}

/** Field 22 of /proc/PID/stat; undefined when there is no such process, or it is a zombie. */
export function startTime(pid: number): string | undefined {
  const fields = statFields(pid)
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

export function identify(pid: number): ProcessId | undefined {
  const started = startTime(pid)
  return started === undefined ? undefined : { pid, started }
}

export function isRunning({ pid, started }: ProcessId): boolean {
  return startTime(pid) === started
}

/** Every living process below `root`, parents first, `root` included. By parentage, as Postgres's children leave the group. */
export function tree(root: number): ProcessId[] {
  const found = identify(root)
  if (found === undefined) return []
  return [found, ...children(root).flatMap(tree)]
}

export function commandLine(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
}

export function send(signal: NodeJS.Signals, processes: readonly ProcessId[]): void {
  for (const process_ of processes) {
    if (!isRunning(process_)) continue
    try {
      process.kill(process_.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

/** Stops every process of the tree, parents first so that none is born meanwhile. */
export function freeze(root: number): ProcessId[] {
  let known = tree(root)
  send('SIGSTOP', known)
  for (;;) {
    const now = tree(root)
    const fresh = now.filter(({ pid }) => !known.some(other => other.pid === pid))
    known = now
    if (fresh.length === 0) return now
    send('SIGSTOP', fresh)
  }
}

export function thaw(root: number): void {
  send('SIGCONT', tree(root).reverse())
}

/** SIGKILL to the whole tree; ends when all are dead (zombies count as dead: who reaps them is not ours to say). */
export async function killTree(root: number): Promise<void> {
  const processes = freeze(root)
  send('SIGKILL', processes)
  await untilDead(processes, 5_000)
}

/** Gives those that are still running after `milliseconds`. */
export async function untilDead(processes: readonly ProcessId[], milliseconds: number): Promise<readonly ProcessId[]> {
  const limit = performance.now() + milliseconds
  for (let pause = 1; ; pause = Math.min(pause * 2, 20)) {
    const alive = processes.filter(isRunning)
    if (alive.length === 0 || performance.now() > limit) return alive
    await sleep(pause)
  }
}

function children(pid: number): number[] {
  const found: number[] = []
  for (const task of numbersIn(`/proc/${pid}/task`)) {
    for (const child of textOf(`/proc/${pid}/task/${task}/children`).split(' '))
      if (child !== '') found.push(Number(child))
  }
  return found
}

function statFields(pid: number): string[] | undefined {
  const text = textOf(`/proc/${pid}/stat`)
  // The second field is the command in parentheses, which may itself hold spaces and parentheses.
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ')
}
