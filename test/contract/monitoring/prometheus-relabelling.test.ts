import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { composePrometheus } from '../../../src/monitoring/prometheus/compose.ts'

/** Serves one metric, and remembers which paths were asked for. */
const asked = new Set<string>()
const exporter = createServer((request, response) => {
  asked.add(request.url ?? '')
  response.end('played 1\n')
})
let prometheus: ChildProcess
let folder = ''
let port = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-drill-test-'))
  exporter.listen(0, '127.0.0.1')
  await once(exporter, 'listening')
  port = await freePort()
  const { text, flags } = composePrometheus({
    targets: [
      {
        job: 'dr',
        instance: 'db1.prod:9100',
        address: { host: '127.0.0.1', port: (exporter.address() as AddressInfo).port },
        path: '/drill',
      },
    ],
    scrapeInterval: 15,
    evaluationInterval: 30,
    timeScale: 60,
    alertmanagers: [],
    ruleFiles: [],
    externalLabels: {},
    userFile: {
      file: 'prometheus.yml',
      text: `scrape_configs:
- job_name: dr
  scheme: https
  scrape_interval: 15s
  metrics_path: /metrics
  static_configs: [{targets: ['db1.prod:9100', 'db2.prod:9100'], labels: {role: primary}}]
  relabel_configs: [{source_labels: [__address__], regex: '(.*)\\.prod:.*', target_label: host}]
`,
    },
  })
  const config = join(folder, 'prometheus.yml')
  await writeFile(config, text)
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  prometheus = spawn('prometheus', [...args, ...flags], { stdio: 'ignore' })
})

afterAll(async () => {
  exporter.close()
  prometheus.kill('SIGKILL')
  if (prometheus.exitCode === null && prometheus.signalCode === null) await once(prometheus, 'exit')
  await rm(folder, { recursive: true })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: free } = server.address() as AddressInfo
  server.close()
  return free
}

it("the user's relabelling sees production's addresses, the scrape goes to the drill's, and the instance stays the user's", async () => {
  const labels = await vi.waitFor(
    async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=played`)
      const { data } = (await response.json()) as { data: { result: { metric: Record<string, string> }[] } }
      const [first] = data.result
      if (first === undefined) throw new Error('not scraped yet')
      return first.metric
    },
    { timeout: 60_000, interval: 200 },
  )
  expect(labels).toEqual({ __name__: 'played', job: 'dr', instance: 'db1.prod:9100', host: 'db1', role: 'primary' })
  expect([...asked]).toEqual(['/drill'])
})
