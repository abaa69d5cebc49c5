import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'

export interface Guarded {
  readonly child: ChildProcess
  /** Ends the shell and all that it has started. Safe twice. */
  readonly end: () => void
}

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
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // All of them have ended.
    }
  }
  // A group that came to its own end has a number that may soon be another's.
  const end = () => {
    process.off('exit', end)
    if (child.exitCode === null && child.signalCode === null) endGroup()
  }
  // Before the scratch directory goes, in which promtool still writes.
  process.prependListener('exit', end)
  child.once('exit', (_, signal) => {
    process.off('exit', end)
    // Whoever ended the shell may have left promtool.
    if (signal !== null) endGroup()
  })
  return { child, end }
}
