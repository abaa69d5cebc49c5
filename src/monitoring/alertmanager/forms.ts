/** How each kind of integration is turned to the inbox. */
export interface IntegrationForm {
  /** Keys that hold the address. */
  readonly address: string
  /** Alertmanager adds its own path behind the address, which must end with a slash. */
  readonly slash?: boolean
  /** What must be there for the file to load; none of it is a secret any more. */
  readonly set?: Readonly<Record<string, unknown>>
  readonly drop: readonly string[]
}

const KEY = 'genesis-drill'

export const forms: Readonly<Record<string, IntegrationForm>> = {
  webhook: { address: 'url', drop: ['url_file'] },
  slack: { address: 'api_url', drop: ['api_url_file', 'app_token', 'app_token_file', 'app_url'] },
  discord: { address: 'webhook_url', drop: ['webhook_url_file'] },
  msteams: { address: 'webhook_url', drop: ['webhook_url_file'] },
  msteamsv2: { address: 'webhook_url', drop: ['webhook_url_file'] },
  mattermost: { address: 'webhook_url', drop: ['webhook_url_file'] },
  pagerduty: {
    address: 'url',
    set: { routing_key: KEY },
    drop: ['service_key', 'service_key_file', 'routing_key_file'],
  },
  opsgenie: { address: 'api_url', slash: true, set: { api_key: KEY }, drop: ['api_key_file'] },
  victorops: { address: 'api_url', slash: true, set: { api_key: KEY }, drop: ['api_key_file'] },
  wechat: { address: 'api_url', slash: true, set: { api_secret: KEY, corp_id: KEY }, drop: ['api_secret_file'] },
  telegram: { address: 'api_url', set: { bot_token: `1:${KEY}` }, drop: ['bot_token_file'] },
  webex: { address: 'api_url', set: { http_config: { authorization: { credentials: KEY } } }, drop: [] },
  sns: {
    address: 'api_url',
    set: { sigv4: { region: 'us-east-1', access_key: KEY, secret_key: KEY } },
    drop: [],
  },
  jira: { address: 'api_url', drop: [] },
  rocketchat: {
    address: 'api_url',
    slash: true,
    set: { token: KEY, token_id: KEY },
    drop: ['token_file', 'token_id_file'],
  },
  incidentio: { address: 'url', set: { alert_source_token: KEY }, drop: ['url_file', 'alert_source_token_file'] },
}

/** Keys of an unknown kind that are taken for its address. */
export const addressKeys = ['url', 'api_url', 'webhook_url', 'endpoint'] as const

/** What stays of an http_config: nothing that leads elsewhere or proves who we are. */
export const keptOfHttpConfig: ReadonlySet<string> = new Set(['follow_redirects', 'enable_http2'])

/** Global settings that only concern where and with which secret to deliver. */
export const globalDelivery =
  /^(slack|pagerduty|opsgenie|wechat|victorops|telegram|webex|jira|rocketchat|mattermost|incidentio|discord|msteams)_|^http_config$|^smtp_(auth_|tls_config|force_implicit_tls)/
