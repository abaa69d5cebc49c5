import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { EnvironmentError } from '../../model/errors.ts'
import type { Output } from '../../model/runtime.ts'
import { type Claim, variablesOf } from '../labels.ts'
import { type Account, dressed } from './account.ts'
import { identify, killTree } from './tree.ts'

/** What all processes of one stack have in common. */
export interface Seat {
  readonly claim: Claim
  readonly stack: string
}

export interface Start {
  readonly seat: Seat
  readonly command: readonly string[]
  readonly account: Account | undefined
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>> | undefined
}

export interface Started {
  readonly pid: number
  /** `exit code 1` or the name of a signal. */
  readonly ended: Promise<string>
  running(): boolean
}

/** Starts a program in a session of its own; what it writes goes to `log`. */
export async function startProgram({ log, ...start }: Start & { log: string }): Promise<Started> {
  const output = openSync(log, 'a', 0o644)
  try {
    const [file = '', ...args] = dressed(start.command, start.account)
    const child = spawn(file, args, {
      cwd: start.folder,
      env: environmentOf(start),
      stdio: ['ignore', output, output],
      detached: true,
    })
    const ended = new Promise<string>(resolve => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    })
    await spawned(child, file)
    note(start.seat, child.pid)
    return { pid: child.pid ?? 0, ended, running: () => child.exitCode === null && child.signalCode === null }
  } finally {
    closeSync(output)
  }
}

/** Runs a program to its end; killed with all its children when the time is over (code 124, as timeout(1) has it). */
export async function runToEnd(
  start: Start & { input?: string | undefined; timeoutMs?: number | undefined },
): Promise<Output> {
  const { input = '', timeoutMs = 60_000 } = start
  const [file = '', ...args] = dressed(start.command, start.account)
  const child = execa(file, args, {
    cwd: start.folder,
    env: environmentOf(start),
    extendEnv: false,
    input,
    reject: false,
    detached: true,
    cleanup: false,
    stripFinalNewline: false,
    maxBuffer: 64 * 1024 * 1024,
  })
  const { pid } = child
  if (pid !== undefined) note(start.seat, pid)
  let late = false
  const timer = setTimeout(() => {
    late = true
    if (pid !== undefined) void killTree(pid)
  }, timeoutMs)
  try {
    const { exitCode, signal, stdout, stderr, failed, originalMessage } = await child
    if (late) return { code: 124, stdout, stderr: `${stderr}\nkilled after ${timeoutMs} ms` }
    if (exitCode !== undefined) return { code: exitCode, stdout, stderr }
    return { code: signal ? 137 : 127, stdout, stderr: failed ? `${stderr}${originalMessage ?? signal ?? ''}` : stderr }
  } finally {
    clearTimeout(timer)
  }
}

export function processNotes(stack: string): string {
  return join(stack, 'processes.jsonl')
}

/** Services get a small environment of known content: what a user's shell holds is neither reproducible nor theirs to see. */
function environmentOf({ seat, account, environment }: Start): Record<string, string> {
  return {
    PATH: [join(seat.stack, 'bin'), process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'].join(':'),
    HOME: account?.home ?? process.env['HOME'] ?? '/',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    ...environment,
    // By this every process of a run can be found, whatever became of its parents.
    ...variablesOf(seat.claim),
  }
}

function note({ stack }: Seat, pid: number | undefined): void {
  const known = pid === undefined ? undefined : identify(pid)
  if (known) appendFileSync(processNotes(stack), `${JSON.stringify(known)}\n`)
}

async function spawned(child: ChildProcess, file: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', cause => {
      const advice = file === 'setpriv' ? 'install util-linux' : undefined
      reject(
        new EnvironmentError(`${file} could not be started: ${cause.message}`, { cause, ...(advice && { advice }) }),
      )
    })
  })
}
