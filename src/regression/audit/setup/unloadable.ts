import { applyEdits, type Edit } from '../../../promql/edit.ts'
import type { Answer, Engines } from '../engines.ts'
import { type Detector, type Remark, spot } from '../finding.ts'
import type { AuditedText } from '../input.ts'

export const unloadable: Detector = {
  summary: 'a file that the engine refuses',
  severity: 'blocker',
  needs: [],
  async detect({ texts, problems, engines }) {
    const read = problems.map(
      ({ file, line = 1, column = 1, message }): Remark => ({
        ...spot(file, { line, column }),
        subject: file,
        happens: `the file is not loaded: ${message}`,
        advice: 'correct it',
      }),
    )
    const known = new Set(problems.map(({ file }) => file))
    const asked = await Promise.all(texts.map(text => refusals(text, known.has(text.file), engines)))
    return [...read, ...asked.flat()]
  },
}

async function refusals(text: AuditedText, hasProblems: boolean, engines: Engines): Promise<Remark[]> {
  switch (text.kind) {
    case 'rules':
      // What is wrong was told with its place; promtool says the same once more.
      if (hasProblems) return []
      return refusal(text, await engines.check('promtool', ['check', 'rules'], text.text, text.file))
    case 'prometheus':
      return refusal(text, await engines.check('promtool', ['check', 'config', '--syntax-only'], text.text, text.file))
    case 'alertmanager': {
      const first = refusal(text, await engines.check('amtool', ['check-config'], text.text, text.file))
      // Behind a bad address or a missing route there may be more that is wrong.
      const stubbed = stub(text.text)
      if (first.length === 0 || stubbed === text.text) return first
      return [...first, ...refusal(text, await engines.check('amtool', ['check-config'], stubbed, text.file))]
    }
    default:
      return []
  }
}

function refusal({ file, text, snippet }: AuditedText, answer: Answer | undefined): Remark[] {
  if (answer === undefined || answer.accepted) return []
  const words = essence(answer.words, file)
  const line = Number(/\bline (\d+)/.exec(words)?.[1] ?? firstLine(text))
  return [
    {
      ...spot(file, { line, column: 1 }),
      subject: file,
      severity: snippet && /no route provided/.test(words) ? 'high' : 'blocker',
      happens: `${answer.engine} refuses it: ${words}`,
      advice: 'correct it; with this file the engine does not start, and a reload keeps the old one',
    },
  ]
}

/** What the engine says is wrong, without its frame and without secrets of the line. */
function essence(words: string, file: string): string {
  const lines = words
    .split('\n')
    .map(line =>
      line
        .replaceAll(file, '')
        .replace(/^\s*Checking\s+'?[^\s']*'?\s*/, '')
        .replace(/^\s*(amtool: error:|promtool: error:|FAILED:)\s*/, '')
        .trim(),
    )
    .filter(line => line !== '' && !/^(SUCCESS|Found:|failed to validate|Checking|- )/.test(line))
  return (
    lines
      .slice(0, 3)
      .join('; ')
      .replace(/(https?:\/\/)\S+/g, '$1...') || 'no reason given'
  )
}

function firstLine(text: string): number {
  return 1 + (/^\n*/.exec(text)?.[0].length ?? 0)
}

/** Addresses that are none become some, so that the engine goes on to the next fault. */
function stub(text: string): string {
  const edits: Edit[] = [...text.matchAll(/^(\s*(?:-\s+)?\w*(?:api_url|webhook_url|url):\s*)(["']?)([^"'\n#]+)\2/gm)]
    .filter(({ 3: value = '' }) => !/^https?:\/\//.test(value.trim()))
    .map(({ index, 0: whole, 1: before = '' }) => ({
      from: index + before.length,
      to: index + whole.length,
      text: 'http://stub.invalid/',
    }))
  const stubbed = applyEdits(text, edits)
  const receiver = /^receivers:[\s\S]*?-\s+name:\s*(\S+)/m.exec(stubbed)?.[1]
  return /^route:/m.test(stubbed) || receiver === undefined ? stubbed : `${stubbed}\nroute: {receiver: ${receiver}}\n`
}
