import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { isNode, LineCounter, parseDocument } from 'yaml'
import { type Problem, ScenarioError } from '../../model/errors.ts'
import type { CheckFile } from '../check/collect.ts'
import { type RouteTest, routesFile } from './file.ts'

/** A route-test file, decoded, with the line of each test and alert. */
export interface ReadRoutes {
  readonly source: CheckFile
  readonly alertmanager: string
  readonly tests: readonly RouteTest[]
  lineOf(path: readonly (string | number)[]): number
}

/** Throws a ScenarioError with everything that is wrong with the file. */
export function readRoutes(source: CheckFile): ReadRoutes {
  const lines = new LineCounter()
  const document = parseDocument(source.text, { lineCounter: lines, logLevel: 'silent', prettyErrors: false })
  const position = (path: readonly PropertyKey[]) => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return lines.linePos(node.range[0])
    }
    return { line: 1, col: 1 }
  }
  const problems: Problem[] = document.errors.map(({ pos, message }) => {
    const { line, col } = lines.linePos(pos[0])
    return { file: source.file, line, column: col, message }
  })
  const result = problems.length > 0 ? undefined : routesFile.safeParse(document.toJS())
  for (const { path, message } of result?.error?.issues ?? []) {
    const { line, col } = position(path)
    problems.push({
      file: source.file,
      line,
      column: col,
      message: `${path.length === 0 ? '' : `${path.join('.')}: `}${message}`,
    })
  }
  const alertmanager = result?.data && beside(source.file, result.data.alertmanager)
  if (alertmanager !== undefined && !existsSync(alertmanager)) {
    const { line, col } = position(['alertmanager'])
    problems.push({ file: source.file, line, column: col, message: `alertmanager: no such file: ${alertmanager}` })
  }
  if (problems.length > 0 || result?.data === undefined || alertmanager === undefined) throw new ScenarioError(problems)
  return { source, alertmanager, tests: result.data.routes, lineOf: path => position(['routes', ...path]).line }
}

function beside(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path)
}
