import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import type { Output } from '../../model/runtime.ts'
import type { Container } from './engine.ts'

export interface ExecOptions {
  readonly user: string
  readonly input?: string | undefined
  readonly timeoutMs?: number | undefined
  readonly environment?: Readonly<Record<string, string>> | undefined
}

const MARKER = 'GENESIS_DRILL_EXEC'

/** Runs a program in a running container; killed with its children when the time is over (code 124, as timeout(1) has it). */
export async function execIn(container: Container, argv: readonly string[], options: ExecOptions): Promise<Output> {
  const { user, input, timeoutMs = 60_000, environment = {} } = options
  const mark = randomUUID()
  const exec = await container.exec({
    Cmd: [...argv],
    User: user,
    Env: Object.entries({ ...environment, [MARKER]: mark }).map(([name, value]) => `${name}=${value}`),
    AttachStdin: input !== undefined,
    AttachStdout: true,
    AttachStderr: true,
  })
  const stream: Duplex = await exec.start({ hijack: true, stdin: input !== undefined })
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  container.modem.demuxStream(stream, stdout, stderr)
  const texts = Promise.all([text(stdout), text(stderr)])
  let late = false
  const timer = setTimeout(() => {
    late = true
    // The engine has no call that ends an exec, so it is found by its mark.
    void killMarked(container, mark, user).finally(() => stream.destroy())
  }, timeoutMs)
  try {
    if (input !== undefined) stream.end(input)
    await finished(stream, { writable: false }).catch(error => {
      if (!late) throw error
    })
  } finally {
    clearTimeout(timer)
    stdout.end()
    stderr.end()
    stream.destroy()
  }
  const [out, err] = await texts
  if (late) return { code: 124, stdout: out, stderr: `${err}\nkilled after ${timeoutMs} ms` }
  return { code: (await exec.inspect()).ExitCode ?? 137, stdout: out, stderr: err }
}

/** Processes in the container with their command lines, without the one that looks. */
export async function processesIn(container: Container): Promise<readonly { pid: number; command: string }[]> {
  const look =
    'for p in /proc/[0-9]*; do [ "$p" = "/proc/$$" ] || { printf "%s " "$' +
    '{p#/proc/}"; tr "\\0\\n" "  " <"$p/cmdline"; echo; } 2>/dev/null; done'
  const { stdout } = await execIn(container, ['sh', '-c', look], { user: 'root', timeoutMs: 10_000 })
  return stdout
    .split('\n')
    .map(line => /^(\d+) (.*\S)/.exec(line))
    .filter(match => match !== null)
    .map(([, pid, command = '']) => ({ pid: Number(pid), command }))
}

export async function signalIn(container: Container, signal: string, pids: readonly number[]): Promise<void> {
  const words = ['sh', '-c', 'kill -s "$0" "$@"', signal.replace(/^SIG/, ''), ...pids.map(String)]
  await execIn(container, words, { user: 'root', timeoutMs: 10_000 })
}

/** As the same user: in a container even root may not read the environment of others. */
async function killMarked(container: Container, mark: string, user: string): Promise<void> {
  const sweep =
    'for p in /proc/[0-9]*; do [ "$p" = "/proc/$$" ] || ! tr "\\0" "\\n" <"$p/environ" 2>/dev/null | grep -q "^$0$" ' +
    '|| kill -s KILL "$' +
    '{p#/proc/}"; done'
  await execIn(container, ['sh', '-c', sweep, `${MARKER}=${mark}`], { user, timeoutMs: 10_000 }).catch(() => {})
}
