import { YamlSource } from './yaml.ts'

/** What a monitoring file is, by its top-level keys; undefined when it is none or cannot be read. */
export function fileKind(text: string): 'rules' | 'alertmanager' | 'prometheus' | undefined {
  const source = new YamlSource(text, '')
  const keys = new Set(source.entries(source.document?.contents, 'the file').map(({ key }) => key))
  if (keys.has('groups') || keys.has('spec')) return 'rules'
  if (keys.has('route') || keys.has('receivers')) return 'alertmanager'
  if (keys.has('scrape_configs') || keys.has('rule_files') || keys.has('alerting')) return 'prometheus'
  return undefined
}
