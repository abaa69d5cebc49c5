import { glob } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { readAlertmanager } from '../../monitoring/alertmanager/read.ts'
import { readRuleFile } from '../../monitoring/rules/read.ts'
import type { LoadedScenario, SourceFile } from './scenario.ts'
import type { MonitoringShape } from './shape.ts'
import { type DecodedYaml, type Problems, readSource } from './source.ts'

/** The production monitoring files that a scenario names, and all that is wrong with them. */
export async function loadMonitoring(
  shape: MonitoringShape,
  yaml: DecodedYaml,
  root: string,
  problems: Problems,
): Promise<LoadedScenario['monitoring']> {
  const read = (name: string, ...path: PropertyKey[]): Promise<SourceFile | undefined> =>
    readSource(resolve(dirname(yaml.source.path), name), root, problems, {
      file: yaml.source.file,
      position: yaml.position(['monitoring', ...path]),
    })
  const rules: SourceFile[] = []
  for (const [index, name] of shape.rules.entries()) {
    const source = await read(name, 'rules', index)
    if (source === undefined) continue
    rules.push(source)
    problems.all.push(...readRuleFile(source.text, source.file).problems)
  }
  const alertmanager = shape.alertmanager === undefined ? undefined : await read(shape.alertmanager, 'alertmanager')
  const prometheus = shape.prometheus === undefined ? undefined : await read(shape.prometheus, 'prometheus')
  return {
    rules,
    ...(alertmanager === undefined ? {} : { alertmanager }),
    ...(prometheus === undefined ? {} : { prometheus }),
    templates: alertmanager === undefined ? [] : await loadTemplates(alertmanager, root, problems),
    scrapeInterval: shape.scrapeInterval,
    evaluationInterval: shape.evaluationInterval ?? shape.scrapeInterval,
    externalLabels: shape.externalLabels,
  }
}

/** The template files of an Alertmanager file, by the patterns that Alertmanager itself understands. */
async function loadTemplates(alertmanager: SourceFile, root: string, problems: Problems): Promise<SourceFile[]> {
  const { config, problems: found } = readAlertmanager(alertmanager.text, alertmanager.file)
  problems.all.push(...found)
  const templates: SourceFile[] = []
  const folder = dirname(alertmanager.path)
  for (const { value, line, column } of config.templates) {
    const paths = value.includes('*') ? await Array.fromAsync(glob(value, { cwd: folder })) : [value]
    for (const path of paths) {
      const source = await readSource(resolve(folder, path), root, problems, {
        file: alertmanager.file,
        position: { line, column },
      })
      if (source !== undefined) templates.push(source)
    }
  }
  return templates
}
