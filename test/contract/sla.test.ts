import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** `genesis-drill sla` against a real Prometheus that holds two days of known history. */

const CLI = new URL('../../src/app/cli.mjs', import.meta.url).pathname
const TABLE = `title: Test levels
sla_metrics:
  backup_sla: { target: 4, unit: hours, query: genesis_backup_age_hours, operator: "<=" }
  replication_sla: { target: 300, query: genesis_replication_lag_seconds, operator: "<=", availability: 99 }
  absent_sla: { target: 1, query: nobody_exports_this, operator: ">=" }
  ratio_sla: { target: 0.9, query: genesis_backup_age_hours * 0 / 0, operator: ">=" }
  constant_sla: { target: 2, query: "1 + 1", operator: "==" }
`

const cleanUp = new AsyncDisposableStack()
let folder: string
let url: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-drill-sla-'))
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'history.om'), history())
  const data = join(folder, 'data')
  await execa('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history.om'), data])
  await writeFile(join(folder, 'prometheus.yml'), 'global: {}\n')
  await writeFile(join(folder, 'sla.yml'), TABLE)
  const address = `127.0.0.1:${await freePort()}`
  url = `http://${address}`
  const prometheus = spawn(
    'prometheus',
    [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${data}`, `--web.listen-address=${address}`],
    { stdio: 'ignore' },
  )
  const ended = once(prometheus, 'exit')
  cleanUp.defer(async () => {
    prometheus.kill('SIGKILL')
    await ended
  })
  for (const deadline = Date.now() + 60_000; ; await pause(100)) {
    const ready = await fetch(`${url}/-/ready`).then(
      response => response.ok,
      () => false,
    )
    if (ready) break
    if (Date.now() > deadline) throw new Error('Prometheus is not ready')
  }
})
afterAll(() => cleanUp.disposeAsync())

/** One sample a minute up to a minute from now: lag of `b` is too high for twelve minutes, an hour ago. */
function history(): string {
  const end = Math.floor(Date.now() / 1000) + 60
  const lines = (name: string, labels: string, value: (age: number) => number) =>
    Array.from({ length: 26 * 60 }, (_, index) => {
      const at = end - (26 * 60 - 1 - index) * 60
      return `${name}${labels} ${value(end - at)} ${at}`
    })
  return [
    '# TYPE genesis_backup_age_hours gauge',
    ...lines('genesis_backup_age_hours', '{instance="a"}', () => 3),
    '# TYPE genesis_replication_lag_seconds gauge',
    ...lines('genesis_replication_lag_seconds', '{instance="a"}', () => 2),
    ...lines('genesis_replication_lag_seconds', '{instance="b"}', age =>
      age > 3600 && age <= 3600 + 12 * 60 ? 900 : 5,
    ),
    '# EOF',
    '',
  ].join('\n')
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

function sla(...options: string[]) {
  return execa('node', [CLI, 'sla', join(folder, 'sla.yml'), ...options], { reject: false })
}

interface Answer {
  readonly verdict: string
  readonly slas: readonly {
    readonly name: string
    readonly now: { verdict: string; reason: string; worst?: { value: number } }
    readonly window: {
      verdict: string
      worst?: { labels: Record<string, string>; value: number }
      errorBudgetSeconds: { allowed: number; used: number; blind: number; left: number }
    }
  }[]
}

describe('genesis-drill sla', () => {
  it('tells compliance now and over the window, with the error budget', async () => {
    const { stdout, exitCode } = await sla('--prometheus', url, '--window', '1d', '--json')
    expect(exitCode).toBe(2)
    const answer = JSON.parse(stdout) as Answer
    const by = (name: string) => {
      const found = answer.slas.find(entry => entry.name === name)
      if (found === undefined) throw new Error(`no ${name}`)
      return found
    }
    expect(by('backup_sla')).toMatchObject({ now: { verdict: 'met', worst: { value: 3 } }, window: { verdict: 'met' } })
    const { now, window } = by('replication_sla')
    expect(now.verdict).toBe('met')
    expect(window).toMatchObject({ verdict: 'met', worst: { labels: { instance: 'b' }, value: 900 } })
    expect(window.errorBudgetSeconds.allowed).toBeCloseTo(864)
    // Twelve minutes, give or take the looks at its two ends.
    expect(Math.abs(window.errorBudgetSeconds.used - 720)).toBeLessThanOrEqual(120)
    expect(by('absent_sla').now).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('absent') })
    expect(by('ratio_sla').now).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('NaN') })
    expect(by('constant_sla').window.verdict).toBe('met')
  })

  it('says overdrawn and exits 1 when the window is shorter than its breach allows', async () => {
    const { stdout, exitCode } = await sla('--prometheus', url, '--window', '2h')
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/replication_sla .*overdrawn by .* min +unmet/)
    expect(stdout).toMatch(/Verdict: unmet/)
  })

  it('takes a month of looks in pieces that Prometheus accepts', async () => {
    const { stdout } = await sla('--prometheus', url, '--window', '30d', '--json')
    const { slas } = JSON.parse(stdout) as Answer
    const backup = slas.find(({ name }) => name === 'backup_sla')
    expect(backup?.window.errorBudgetSeconds.allowed).toBeCloseTo(43.2 * 60)
    expect(backup?.window.verdict).toBe('unknown')
    expect(slas.find(({ name }) => name === 'constant_sla')?.window.verdict).toBe('met')
  })

  it('writes a page', async () => {
    const page = join(folder, 'sla.html')
    await sla('--prometheus', url, '--window', '1d', '--html', page)
    expect(await readFile(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*replication_sla/)
  })

  it('names the line of a query that Prometheus refuses', async () => {
    const file = join(folder, 'bad.yml')
    await writeFile(file, 'sla_metrics:\n  a: { target: 1, operator: "<", query: "rate(x)" }\n')
    const { stderr, exitCode } = await execa('node', [CLI, 'sla', file, '--prometheus', url], { reject: false })
    expect(exitCode).toBe(64)
    expect(stderr).toMatch(/bad\.yml:2:\d+: query of SLA a is refused: .*range vector/)
  })

  it('says who does not answer, without the password of its address', async () => {
    const { stderr, stdout, exitCode } = await sla('--prometheus', `http://user:hunter2@127.0.0.1:${await freePort()}`)
    expect(exitCode).toBe(69)
    expect(stderr).toMatch(/no Prometheus answers at http:\/\/127\.0\.0\.1:\d+/)
    expect(stderr + stdout).not.toContain('hunter2')
  })
})
