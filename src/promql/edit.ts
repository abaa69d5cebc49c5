/** One replacement in a text. Spans of several edits must not overlap. */
export interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** The text with all edits made; edits at the same place are made in the order given. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const sorted = edits
    .map((edit, index) => ({ edit, index }))
    .sort((a, b) => a.edit.from - b.edit.from || a.edit.to - b.edit.to || a.index - b.index)
  let result = ''
  let position = 0
  for (const { edit } of sorted) {
    if (edit.from < position) throw new Error(`edits overlap at ${edit.from}`)
    result += text.slice(position, edit.from) + edit.text
    position = edit.to
  }
  return result + text.slice(position)
}
