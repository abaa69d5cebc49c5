import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { composePrometheus } from '../../../src/monitoring/prometheus/compose.ts'
import { readPrometheus } from '../../../src/monitoring/prometheus/read.ts'

const options = {
  targets: [
    { job: 'dr', instance: 'prod:9100', address: { host: '127.0.0.1', port: 5000 }, path: '/metrics' },
    { job: 'dr', instance: 'second', address: { host: '::1', port: 5001 }, path: '/probe' },
  ],
  scrapeInterval: 15,
  evaluationInterval: 30,
  timeScale: 60,
  alertmanagers: [{ host: '127.0.0.1', port: 9093 }],
  ruleFiles: ['/run/rules.yml'],
  externalLabels: { cluster: 'drill' },
}

it('generates a configuration at the pace of the drill', () => {
  const { text, flags } = composePrometheus(options)
  expect(parse(text)).toEqual({
    global: {
      scrape_interval: '250ms',
      scrape_timeout: '250ms',
      evaluation_interval: '500ms',
      external_labels: { cluster: 'drill' },
    },
    alerting: { alertmanagers: [{ scheme: 'http', static_configs: [{ targets: ['127.0.0.1:9093'] }] }] },
    rule_files: ['/run/rules.yml'],
    scrape_configs: [
      {
        job_name: 'dr',
        static_configs: [
          { targets: ['127.0.0.1:5000'], labels: { instance: 'prod:9100' } },
          { targets: ['[::1]:5001'], labels: { instance: 'second', __metrics_path__: '/probe' } },
        ],
      },
    ],
  })
  expect(flags).toContain('--query.lookback-delta=5s')
})

describe("with the user's own file", () => {
  const userFile = {
    file: 'prometheus.yml',
    text: `global: {scrape_interval: 15s, evaluation_interval: 1m, external_labels: {dc: eu}}
rule_files: [prod/*.yml]
alerting:
  alert_relabel_configs: [{regex: replica, action: labeldrop}]
  alertmanagers: [{static_configs: [{targets: [prod-am:9093]}]}]
remote_write: [{url: 'https://prod', basic_auth: {password: hush}}]
scrape_configs:
- job_name: dr
  scheme: https
  basic_auth: {username: me, password: hush}
  scrape_interval: 30s
  scrape_timeout: 12s
  metrics_path: /m
  static_configs: [{targets: ['prod:9100', 'other:9100'], labels: {role: primary}}]
  relabel_configs: [{source_labels: [__address__], regex: '(.*):.*', target_label: host}]
- job_name: node
  kubernetes_sd_configs: [{role: node}]
`,
  }
  const { text, notes } = composePrometheus({ ...options, userFile })
  const config = parse(text)

  it('keeps names, intervals and relabelling, and replaces the targets behind it', () => {
    expect(config.scrape_configs).toHaveLength(1)
    const [job] = config.scrape_configs
    expect(job).toMatchObject({ job_name: 'dr', scrape_interval: '500ms', scrape_timeout: '200ms', metrics_path: '/m' })
    expect(job.static_configs[0]).toEqual({
      targets: ['prod:9100'],
      labels: { role: 'primary', __genesis_address: '127.0.0.1:5000', __genesis_path: '/metrics' },
    })
    expect(job.relabel_configs[0]).toMatchObject({ target_label: 'host' })
    expect(job.relabel_configs.at(-2)).toEqual({ source_labels: ['__genesis_address'], target_label: '__address__' })
    expect(config.alerting.alert_relabel_configs).toHaveLength(1)
  })

  it('lets nothing lead out of the drill', () => {
    expect(text).not.toMatch(/hush|remote_write|prod-am|kubernetes|https/)
    expect(config.rule_files).toEqual(['/run/rules.yml'])
    expect(config.global.external_labels).toEqual({ dc: 'eu', cluster: 'drill' })
    expect(notes.join('\n')).toMatch(/remote_write is left out[\s\S]*job node is left out/)
  })

  it('reads it with Prometheus defaults filled in', () => {
    const { config: read } = readPrometheus(userFile.text, 'prometheus.yml')
    expect(read.jobs).toMatchObject([
      { name: 'dr', scrapeInterval: 30, scrapeTimeout: 12, discovers: false },
      { name: 'node', scrapeInterval: 15, scrapeTimeout: 10, discovers: true, targets: [] },
    ])
    expect(read.alertmanagers.map(({ value }) => value)).toEqual(['prod-am:9093'])
  })

  it('throws the problems of a file that cannot be read', () => {
    const broken = { file: 'prometheus.yml', text: 'scrape_configs:\n- static_configs: []\n' }
    expect(() => composePrometheus({ ...options, userFile: broken })).toThrow(
      'prometheus.yml:2:3: a scrape config needs a job_name',
    )
  })
})
