/** A fenced piece of a Markdown document. `line` is that of its first line of content. */
export interface Snippet {
  readonly file: string
  readonly language: string
  readonly text: string
  readonly line: number
}

export function snippetsOf(markdown: string, file: string): Snippet[] {
  const lines = markdown.split('\n')
  const snippets: Snippet[] = []
  for (let index = 0; index < lines.length; index++) {
    const fence = /^(\s*)(```+|~~~+)\s*([\w+-]*)/.exec(lines[index] ?? '')
    if (fence === null) continue
    const [, indent = '', mark = '', language = ''] = fence
    const start = index + 1
    let end = start
    while (end < lines.length && !(lines[end] ?? '').trim().startsWith(mark)) end++
    const text = lines
      .slice(start, end)
      .map(line => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()))
      .join('\n')
    snippets.push({ file, language: language.toLowerCase(), text: `${text}\n`, line: start + 1 })
    index = end
  }
  return snippets
}

/** One command of a shell snippet, continuation lines joined. */
export interface Command {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly text: string
}

export function commandsOf({ file, language, text, line }: Snippet): Command[] {
  if (!['bash', 'sh', 'shell', 'console', 'zsh'].includes(language)) return []
  const commands: Command[] = []
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const first = index
    let command = lines[index] ?? ''
    while (command.endsWith('\\') && index + 1 < lines.length)
      command = `${command.slice(0, -1)} ${(lines[++index] ?? '').trim()}`
    const bare = command.replace(/^\s*\$\s+/, '').trim()
    if (bare === '' || bare.startsWith('#')) continue
    commands.push({ file, line: line + first, column: 1 + command.length - command.trimStart().length, text: bare })
  }
  return commands
}

/** The text with as many empty lines before it that its lines have the numbers of the document. */
export function inPlace({ text, line }: Snippet): string {
  return '\n'.repeat(line - 1) + text
}
