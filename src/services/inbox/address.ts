/** Which integration of which receiver a message was for. */
export interface Addressee {
  readonly receiver: string
  readonly integration: string
  readonly index: number
  /** What the integration put behind it. */
  readonly rest: string
}

/** `/<receiver>/<integration>/<index>`, each part URI-encoded, and whatever follows; undefined for anything else. */
export function parseAddressee(path: string): Addressee | undefined {
  const match = /^\/([^/]+)\/([^/]+)\/(\d{1,6})(\/.*)?$/.exec(path)
  if (match === null) return undefined
  try {
    return {
      receiver: decodeURIComponent(match[1] ?? ''),
      integration: decodeURIComponent(match[2] ?? ''),
      index: Number(match[3]),
      rest: match[4] ?? '',
    }
  } catch {
    return undefined
  }
}
