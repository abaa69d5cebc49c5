import { parse } from 'yaml'
import type { CheckFile } from './collect.ts'

/** Patterns, relative to the file, of the files that its answers depend on. */
export function namedFiles({ kind, text }: CheckFile): readonly string[] {
  let content: unknown
  try {
    content = parse(text, { logLevel: 'silent' })
  } catch {
    return []
  }
  const top = isRecord(content) ? content : {}
  if (kind === 'rules') return strings(top['rule_files'])
  if (kind === 'routes') return strings([top['alertmanager']])
  const monitoring = isRecord(top['monitoring']) ? top['monitoring'] : {}
  return [...strings(monitoring['rules']), ...strings([monitoring['alertmanager'], monitoring['prometheus']])]
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
