import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'

export interface Guarded {
  readonly child: ChildProcess
  /** Ends the shell and all that it has started. Safe twice. */
  readonly end: () => void
}

/** How to end the groups that have not ended. */
const running = new Set<() => void>()
// Before the scratch directories go, in which promtool still writes.
process.prependListener('exit', () => {
  for (const end of running) end()
})

/**
 * Starts promtool under a shell whose input stays open as long as the harness lives: the script ends promtool when its input ends, and so
 * nothing stays when the harness is killed. `words` are its `$0`, `$1` ...; databases go to `directory`.
 */
export function startGuarded(
  script: string,
  words: readonly string[],
  { directory, workingDirectory, stdio }: { directory: string; workingDirectory: string; stdio: StdioOptions },
): Guarded {
  const child = spawn('/bin/sh', ['-c', script, ...words], {
    cwd: workingDirectory,
    stdio,
    // One core per process: there is one process per core.
    env: { ...process.env, TMPDIR: directory, GOMAXPROCS: '1' },
    // A group of its own, which can be ended as one.
    detached: true,
  })
  child.stdin?.on('error', () => {})
  const endGroup = () => {
    running.delete(endGroup)
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // All of them have ended.
    }
  }
  running.add(endGroup)
  child.once('exit', (_, signal) => {
    // Whoever ended the shell may have left promtool. A group that came to its own end has a number that may soon be another's.
    if (signal !== null) endGroup()
    running.delete(endGroup)
  })
  const end = () => {
    if (running.has(endGroup)) endGroup()
  }
  return { child, end }
}
