/** What may never reach a log, a record or a report. */

const SECRET_KEY =
  /(^|_)(password|passwd|secret|token|token_id|api_key|apikey|service_key|secret_key|access_key|user_key|private_key|credentials)$/i
/** Addresses that are themselves the key to a channel. */
const SECRET_ADDRESS = new Set(['webhook_url', 'slack_api_url', 'mattermost_webhook_url'])
/** Below these keys every value counts: header values, pre-shared keys. */
const SECRET_PARENTS = new Set(['http_headers', 'proxy_connect_header', 'secrets', 'remote_write_headers'])

/** Is the value of this key a secret? `path` holds the keys around it, outermost first, list indexes left out. */
export function isSecret(path: readonly string[]): boolean {
  const key = path.at(-1) ?? ''
  if (SECRET_KEY.test(key) || SECRET_ADDRESS.has(key)) return true
  if (path.some(part => SECRET_PARENTS.has(part))) return true
  const within = (part: string): boolean => path.includes(part)
  return (
    (key === 'api_url' && within('slack_configs')) ||
    (key === 'url' && (within('webhook_configs') || within('incidentio_configs'))) ||
    (key === 'routing_key' && within('pagerduty_configs')) ||
    (key === 'key' && within('tls_config')) ||
    (within('headers') && (within('remote_write') || within('remote_read')))
  )
}

const HIDDEN = '<secret>'

/** User name and password in an address. */
export function hideUserinfo(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]+@/gi, `$1${HIDDEN}@`)
}

/** A comment that looks like a setting that was taken out of use: its value is as secret as ever. */
export function hideInComment(comment: string): string {
  const hidden = comment.replace(
    /([\w-]*(?:password|passwd|secret|token|key|credentials|url|bearer)[\w-]*\s*[:=]\s*)\S.*/i,
    `$1${HIDDEN}`,
  )
  return hideUserinfo(hidden)
}

export { HIDDEN as hidden }
