import { type Detector, type Remark, spot } from '../finding.ts'
import { lineAndColumn } from './text.ts'

const PLACEHOLDERS: readonly (readonly [RegExp, string])[] = [
  [
    /\bYOUR[_-][A-Z_]+\b|\byour[_-](?:webhook|actual|secure|secret|smtp|pagerduty|slack|redis|password|api|domain)[\w-]*/g,
    'it was never filled in',
  ],
  [/\bseverity:\s*["']?\w+(?:\|\w+)+/g, 'it is one literal value that no route equals, not a choice'],
  [
    /\bexpr:\s*["']?prometheus_expression\b/g,
    'it is a metric that nobody exports: the alert never fires, and promtool finds nothing wrong',
  ],
  [/\bfor:\s*["']?duration\b/g, 'it is no duration: the whole file is refused'],
  [/\balert:\s*["']?AlertName\b/g, 'it is a template, not an alert'],
  [/\b(?:changeme|CHANGEME|xxxxxxxx+|XXXXXXXX+)\b/g, 'it was never filled in'],
]

export const placeholder: Detector = {
  summary: 'a value that was meant to be filled in',
  severity: 'high',
  needs: [],
  detect({ texts }) {
    return texts
      .filter(({ kind }) => kind === 'rules' || kind === 'alertmanager' || kind === 'prometheus')
      .flatMap(({ file, text }) =>
        PLACEHOLDERS.flatMap(([shape, why]) =>
          [...withoutComments(text).matchAll(shape)].map(
            ({ 0: found, index }): Remark => ({
              ...spot(file, lineAndColumn(text, index)),
              subject: found,
              happens: why,
              advice: 'write the real value (secrets through a _file setting)',
            }),
          ),
        ),
      )
  },
}

/** At the same offsets: a comment may well name what was once left open. */
function withoutComments(text: string): string {
  return text.replace(/(?<=^|\s)#.*$/gm, comment => ' '.repeat(comment.length))
}
