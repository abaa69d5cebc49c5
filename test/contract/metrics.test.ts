import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { met, unmet } from '../fixtures/records/records.ts'

/** `genesis-drill metrics` to every place that takes them: a scrape, the node exporter's folder, Debian's Pushgateway. */

const CLI = new URL('../../src/app/cli.mjs', import.meta.url).pathname
const DAY = 86_400_000

let cleanUp: AsyncDisposableStack
let folder: string
beforeEach(async () => {
  cleanUp = new AsyncDisposableStack()
  folder = await mkdtemp(join(tmpdir(), 'genesis-drill-metrics-'))
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }))
  await put('monthly/1', { ...met, run: 'first' })
  // A failed run a day later: it was run, but it is no success.
  const scenarios = unmet.scenarios.map(scenario => ({
    ...scenario,
    verdict: 'unmet',
    endedAt: scenario.endedAt + DAY,
  }))
  await put('monthly/2', { ...unmet, run: 'second', scenarios })
  await put('copies/2', { ...unmet, run: 'second', scenarios })
  await mkdir(join(folder, 'monthly/3'))
  await writeFile(join(folder, 'monthly/3/record.json'), JSON.stringify(met).slice(0, 900))
})
afterEach(() => cleanUp.disposeAsync())

async function put(run: string, record: unknown): Promise<void> {
  await mkdir(join(folder, run), { recursive: true })
  await writeFile(join(folder, run, 'record.json'), JSON.stringify(record))
}

function metrics(...options: string[]) {
  return execa('node', [CLI, 'metrics', '--reports', folder, ...options], { reject: false })
}

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  cleanUp.defer(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return child
}

async function answer(url: string): Promise<string> {
  for (const deadline = Date.now() + 60_000; ; await pause(100)) {
    const text = await fetch(url).then(
      response => (response.ok ? response.text() : undefined),
      () => undefined,
    )
    if (text !== undefined) return text
    if (Date.now() > deadline) throw new Error(`${url} does not answer`)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const lag = 'system="genesis-dr",scenario="replication-lag"'

describe('genesis-drill metrics', () => {
  it('counts every run once and tells the last run from the last success', async () => {
    const { stdout, exitCode } = await metrics()
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`genesis_dr_test_total{${lag}} 2\n`)
    expect(stdout).toContain(`genesis_dr_test_success_rate{${lag}} 0.5\n`)
    const ended = met.scenarios[0]?.endedAt ?? 0
    expect(stdout).toContain(`genesis_dr_test_last_run_timestamp{${lag}} ${(ended + DAY) / 1000}\n`)
    expect(stdout).toContain(`genesis_dr_test_last_success_timestamp{${lag}} ${ended / 1000}\n`)
    expect(stdout).toContain(
      'genesis_dr_test_last_success_timestamp{system="genesis-dr",scenario="primary-lost-async"} 0\n',
    )
  })

  it('names a damaged record and goes on', async () => {
    const { stdout, stderr } = await metrics()
    expect(stderr).toContain(join(folder, 'monthly/3/record.json'))
    expect(stdout).toContain('genesis_drill_archive_damaged_records 1\n')
  })

  it('writes a textfile that promtool accepts, whole or not at all', async () => {
    const file = join(folder, 'textfiles', 'drill.prom')
    expect((await metrics('--textfile', file)).exitCode).toBe(0)
    expect(await readdir(join(folder, 'textfiles'))).toEqual(['drill.prom'])
    const checked = await execa('promtool', ['check', 'metrics'], { inputFile: file, reject: false })
    expect(checked.exitCode, checked.stderr).toBe(0)
    const refused = await metrics('--textfile', join(file, 'below-a-file.prom'))
    expect(refused.exitCode).toBe(69)
    expect(await readFile(file, 'utf8')).toContain('genesis_dr_test_total')
  })

  it('pushes to a Pushgateway, and again without doubling', async () => {
    const address = `127.0.0.1:${await freePort()}`
    start('prometheus-pushgateway', [`--web.listen-address=${address}`])
    await answer(`http://${address}/-/ready`)
    for (let time = 0; time < 2; time++) {
      const { exitCode, stderr } = await metrics('--push', `http://${address}`)
      expect(exitCode, stderr).toBe(0)
    }
    const seen = (await answer(`http://${address}/metrics`)).split('\n')
    expect(seen.filter(line => line.startsWith('genesis_dr_test_total{') && line.includes('replication-lag'))).toEqual([
      'genesis_dr_test_total{instance="",job="genesis-drill",scenario="replication-lag",system="genesis-dr"} 2',
    ])
  })

  it('says so when the Pushgateway is not there', async () => {
    const { exitCode, stderr } = await metrics('--push', `http://127.0.0.1:${await freePort()}`)
    expect(exitCode).toBe(69)
    expect(stderr).toMatch(/Pushgateway at 127\.0\.0\.1:\d+ does not take the metrics/)
  })

  it('serves a scrape that sees new runs, until it is told to end', async () => {
    const address = `127.0.0.1:${await freePort()}`
    const server = start('node', [CLI, 'metrics', '--reports', folder, '--listen', address])
    expect(await answer(`http://${address}/metrics`)).toContain(`genesis_dr_test_total{${lag}} 2\n`)
    await put('monthly/4', { ...met, run: 'third' })
    expect(await answer(`http://${address}/metrics`)).toContain(`genesis_dr_test_total{${lag}} 3\n`)
    const ended = once(server, 'exit')
    server.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  it('tells what is wrong with its options', async () => {
    expect((await metrics('--listen', 'nowhere:x')).stderr).toContain('expected host:port')
    const missing = await execa('node', [CLI, 'metrics', '--reports', join(folder, 'none')], { reject: false })
    expect(missing.exitCode).toBe(69)
    expect(missing.stderr).toContain('is no folder')
  })
})
