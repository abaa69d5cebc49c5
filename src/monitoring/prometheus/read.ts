import type { Node } from 'yaml'
import type { Problem } from '../../model/errors.ts'
import type { Labels } from '../../model/timeline.ts'
import type { Located, Place } from '../located.ts'
import { type Entry, YamlSource } from '../yaml.ts'

export interface ScrapeJob extends Place {
  readonly name: string
  /** Seconds, the global one where the job states none. */
  readonly scrapeInterval: number
  /** Seconds; the interval where that is shorter than the global timeout. */
  readonly scrapeTimeout: number
  readonly metricsPath: string
  /** Addresses of static_configs, with the labels they are given. */
  readonly targets: readonly (Located<string> & { readonly labels: Labels })[]
  /** Finds targets elsewhere too (`kubernetes_sd_configs` ...). */
  readonly discovers: boolean
}

/** A prometheus.yml; durations in seconds, Prometheus's own defaults filled in. */
export interface PrometheusConfig {
  readonly file: string
  readonly text: string
  readonly scrapeInterval: number
  readonly scrapeTimeout: number
  readonly evaluationInterval: number
  readonly externalLabels: Labels
  readonly ruleFiles: readonly Located<string>[]
  /** Static addresses; `discoversAlertmanagers` tells of others. */
  readonly alertmanagers: readonly Located<string>[]
  readonly discoversAlertmanagers: boolean
  /** `alert_relabel_configs` change labels on the way to Alertmanager. */
  readonly relabelsAlerts: boolean
  readonly jobs: readonly ScrapeJob[]
  /** Of `storage.tsdb.retention.time` (Prometheus 3), seconds. */
  readonly retention: Located<number> | undefined
}

interface Defaults {
  readonly scrapeInterval: number
  readonly scrapeTimeout: number
}

/** Everything that can be read, and every problem. Keys that this project does not use are left to Prometheus. Never throws. */
export function readPrometheus(text: string, file: string): { config: PrometheusConfig; problems: readonly Problem[] } {
  const source = new YamlSource(text, file)
  const top = keysOf(source, source.document?.contents, 'the file')
  const global = keysOf(source, top('global')?.node, 'global')
  const scrapeInterval = source.duration(global('scrape_interval'), 'scrape_interval')?.value ?? 60
  const scrapeTimeout =
    source.duration(global('scrape_timeout'), 'scrape_timeout')?.value ?? Math.min(10, scrapeInterval)
  const alerting = keysOf(source, top('alerting')?.node, 'alerting')
  const managers = source.list(alerting('alertmanagers')?.node, 'alertmanagers')
  const tsdb = keysOf(source, keysOf(source, top('storage')?.node, 'storage')('tsdb')?.node, 'tsdb')
  const config: PrometheusConfig = {
    file,
    text,
    scrapeInterval,
    scrapeTimeout,
    evaluationInterval: source.duration(global('evaluation_interval'), 'evaluation_interval')?.value ?? 60,
    externalLabels: source.labels(global('external_labels'), 'external_labels').values,
    ruleFiles: source.strings(top('rule_files'), 'rule_files'),
    alertmanagers: managers.flatMap(node => staticTargets(source, node)),
    discoversAlertmanagers: managers.some(node => discovers(source, node)),
    relabelsAlerts:
      source.list(alerting('alert_relabel_configs')?.node, 'alert_relabel_configs').length > 0 ||
      managers.some(node => keysOf(source, node, 'a config')('alert_relabel_configs') !== undefined),
    jobs: source
      .list(top('scrape_configs')?.node, 'scrape_configs')
      .flatMap(node => readJob(source, node, { scrapeInterval, scrapeTimeout }) ?? []),
    retention: source.duration(keysOf(source, tsdb('retention')?.node, 'retention')('time'), 'retention time'),
  }
  return { config, problems: source.problems }
}

function keysOf(source: YamlSource, node: unknown, what: string): (key: string) => Entry | undefined {
  const entries = source.entries(node, what)
  return key => entries.find(entry => entry.key === key)
}

function readJob(source: YamlSource, node: Node, defaults: Defaults): ScrapeJob | undefined {
  const key = keysOf(source, node, 'a scrape config')
  const name = source.string(key('job_name'), 'job_name')
  if (name === undefined) return source.complain(node, 'a scrape config needs a job_name')
  const scrapeInterval = source.duration(key('scrape_interval'), 'scrape_interval')?.value ?? defaults.scrapeInterval
  const timeout = source.duration(key('scrape_timeout'), 'scrape_timeout')?.value
  return {
    name: name.value,
    scrapeInterval,
    scrapeTimeout: timeout ?? Math.min(defaults.scrapeTimeout, scrapeInterval),
    metricsPath: source.string(key('metrics_path'), 'metrics_path')?.value ?? '/metrics',
    targets: staticTargets(source, node),
    discovers: discovers(source, node),
    ...source.place(node),
  }
}

function staticTargets(source: YamlSource, node: Node): ScrapeJob['targets'][number][] {
  const configs = source.list(keysOf(source, node, 'a config')('static_configs')?.node, 'static_configs')
  return configs.flatMap(config => {
    const key = keysOf(source, config, 'a static config')
    const { values: labels } = source.labels(key('labels'), 'labels')
    return source.strings(key('targets'), 'targets').map(target => ({ ...target, labels }))
  })
}

function discovers(source: YamlSource, node: Node): boolean {
  return source.entries(node, 'a config').some(({ key }) => /_sd_configs$/.test(key))
}
