import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import type { Bench } from './bench.ts'

/** What a run could leave: processes that carry its mark, containers, networks and volumes with its label, and its folder. */
async function remains(state: string, runtime: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    if (
      environment.includes(`GENESIS_DRILL_STATE=${state}\0`) &&
      stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
    )
      found.push(`process ${pid}`)
  }
  if (runtime === 'container')
    for (const words of [
      ['ps', '-aq'],
      ['network', 'ls', '-q'],
      ['volume', 'ls', '-q'],
    ])
      found.push(
        ...(await execa('docker', [...words, '--filter', 'label=genesis-drill.run'])).stdout
          .split('\n')
          .filter(Boolean)
          .map(id => `${words[0]} ${id}`),
      )
  found.push(...(await readdir(join(state, 'runs')).catch(() => [])).map(run => `folder ${run}`))
  return found
}

export const kill: Bench = {
  summary: 'kill -9 of the harness at a random moment of a run, then clean. Aim: nothing is left, 100 of 100.',
  live: true,
  async run({ runtime, quick, signal }) {
    const state = await mkdtemp(join(tmpdir(), 'genesis-drill-kill-'))
    const environment = { GENESIS_DRILL_STATE: state }
    const times = quick ? 5 : runtime === 'process' ? 100 : 50
    const left: string[] = []
    let ended = 0
    let before = 0
    try {
      for (let time = 0; time < times && !signal.aborted; time++) {
        const running = execa(
          process.execPath,
          [
            'src/app/cli.mjs',
            'run',
            'scenarios/genesis-dr/failover-async.yaml',
            '--runtime',
            runtime,
            '--reports',
            join(state, 'reports'),
          ],
          { reject: false, env: environment },
        )
        const moment = 500 + Math.random() * 20_000
        const finished = await Promise.race([running.then(() => true), sleep(moment).then(() => false)])
        if (finished) ended++
        else running.kill('SIGKILL')
        await running
        before += (await remains(state, runtime)).length
        const { exitCode, all } = await execa(process.execPath, ['src/app/cli.mjs', 'clean'], {
          reject: false,
          env: environment,
          all: true,
        })
        const rest = await remains(state, runtime)
        if (exitCode !== 0) rest.push(`clean ended with ${exitCode}: ${all}`)
        left.push(...rest)
      }
    } finally {
      await execa(process.execPath, ['src/app/cli.mjs', 'clean'], { reject: false, env: environment })
      await rm(state, { recursive: true, force: true })
    }
    return [
      {
        kills: times - ended,
        'ended by themselves before': ended,
        'left by the kills': before,
        'left after clean': left.length,
        what: left.slice(0, 3).join('; '),
      },
    ]
  },
}
