/** What programs say, kept short. */

export function firstLines(text: string): string {
  return text.trim().split('\n').slice(0, 10).join('\n')
}

export function lastLines(text: string): string {
  return text.trim().split('\n').slice(-4).join('\n')
}
