import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { execa } from 'execa'
import type { Bench } from './bench.ts'
import { inFolder } from './drill.ts'

export const harness: Bench = {
  summary: 'CPU and peak memory of the Node process over the quickstart drill. Aim: the drill ends under 60 s.',
  live: true,
  run: ({ runtime, signal }) =>
    inFolder({}, async folder => {
      const began = performance.now()
      const running = execa(
        process.execPath,
        ['src/app/cli.mjs', 'run', 'drills/quickstart.yaml', '--runtime', runtime, '--reports', folder],
        {
          reject: false,
          cancelSignal: signal,
          forceKillAfterDelay: 60_000,
        },
      )
      let cpuSeconds = 0
      let peak = 0
      const watching = setInterval(() => void look(), 200)
      async function look(): Promise<void> {
        const [stat, status] = await Promise.all(
          ['stat', 'status'].map(file => readFile(`/proc/${running.pid}/${file}`, 'utf8').catch(() => '')),
        )
        const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
        // Clock ticks are a hundredth of a second on Linux.
        cpuSeconds = Math.max(cpuSeconds, (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100)
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status ?? '')?.[1] ?? 0) / 1024)
      }
      const { exitCode } = await running
      clearInterval(watching)
      const seconds = (performance.now() - began) / 1000
      return [
        {
          'wall s': seconds.toFixed(1),
          'exit code': exitCode ?? -1,
          'CPU s': cpuSeconds.toFixed(1),
          'share of a core': `${((100 * cpuSeconds) / seconds).toFixed(0)} %`,
          'peak MiB': peak.toFixed(0),
          cores: cpus().length,
        },
      ]
    }),
}
