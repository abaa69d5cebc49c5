import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { rewriteForRun } from '../../../src/monitoring/alertmanager/rewrite.ts'
import { findAlertmanager } from '../../../src/regression/promtool/engine.ts'

/** Stands for the inbox: takes everything, and keeps the paths. */
const paths: string[] = []
const inbox = createServer((request, response) => {
  paths.push(request.url ?? '')
  // WeChat asks for a token first; Alertmanager crashes when Telegram does not tell the message that it sent.
  const answer = { access_token: 'x', ok: true, result: { message_id: 1, date: 1, chat: { id: 1 } } }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
})
let alertmanager: ChildProcess
let folder = ''
let port = 0
let wanted: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-drill-test-'))
  inbox.listen(0, '127.0.0.1')
  await once(inbox, 'listening')
  port = await freePort()
  const text = await readFile(new URL('../../fixtures/alertmanager/every-kind.yml', import.meta.url), 'utf8')
  const httpUrl = `http://127.0.0.1:${(inbox.address() as AddressInfo).port}`
  const run = rewriteForRun(text, 'every-kind.yml', { timeScale: 300, httpUrl, smtp: { host: '127.0.0.1', port: 1 } })
  wanted = run.receivers
    .filter(({ receiver }) => receiver !== 'über/uns')
    .flatMap(({ integrations }) => integrations.filter(({ kind }) => kind !== 'email').map(({ path }) => path))
  const config = join(folder, 'alertmanager.yml')
  // The time interval would mute the pager at night.
  await writeFile(config, run.text.replace(/^ *mute_time_intervals:.*\n/m, ''))
  alertmanager = spawn(
    findAlertmanager().binary,
    [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  )
})

afterAll(async () => {
  alertmanager.kill('SIGKILL')
  if (alertmanager.exitCode === null && alertmanager.signalCode === null) await once(alertmanager, 'exit')
  inbox.closeAllConnections()
  inbox.close()
  await rm(folder, { recursive: true })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: free } = server.address() as AddressInfo
  server.close()
  return free
}

async function post(labels: Readonly<Record<string, string>>): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ labels }]),
  })
  if (!response.ok) throw new Error(await response.text())
}

it('the real Alertmanager delivers every kind of integration below the path of its receiver', async () => {
  await vi.waitFor(() => post({ alertname: 'Plain' }), { timeout: 30_000, interval: 100 })
  await post({ alertname: 'Paged', severity: 'critical', team: 'a' })
  const missing = () =>
    wanted.filter(
      path => !paths.some(seen => seen === path || seen.startsWith(`${path}/`) || seen.startsWith(`${path}?`)),
    )
  await vi.waitFor(() => expect(missing()).toEqual([]), { timeout: 30_000, interval: 100 })
  expect(wanted.length).toBe(14)
})
