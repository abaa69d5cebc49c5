/** The SQLSTATE that a database error carries. */
export function codeOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/**
 * Is it certain that the statement had no effect? An error that the server reports has undone it. Not so when the server or the
 * connection went down while it worked (classes 08 and 57P): the commit may have happened, only its acknowledgement is missing.
 */
export function refusedForSure(thrown: unknown): boolean {
  const code = codeOf(thrown)
  return code !== undefined && !/^(08|57P|40003|58|XX)/.test(code)
}
