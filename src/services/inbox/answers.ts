export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  /** A question that comes before the message: not an arrival. */
  readonly question?: true
}

/** What each service answers to a message that it has taken; Alertmanager sends again what was answered otherwise. */
export function answerOf(integration: string, path: string, payload: unknown): Answer {
  switch (integration) {
    case 'slack':
    case 'mattermost':
      return { status: 200, type: 'text/plain', body: 'ok' }
    case 'pagerduty': {
      const dedup_key = (payload as { dedup_key?: unknown } | null)?.dedup_key
      return json({ status: 'success', message: 'Event processed', dedup_key }, 202)
    }
    case 'opsgenie':
      return json({ result: 'Request will be processed', took: 0.001, requestId: 'genesis-drill' }, 202)
    case 'victorops':
      return json({ result: 'success', entity_id: 'genesis-drill' })
    case 'telegram':
      return json({ ok: true, result: { message_id: 1, date: 0, chat: { id: 1, type: 'private' } } })
    case 'wechat':
      if (path.startsWith('/gettoken'))
        return {
          ...json({ errcode: 0, errmsg: 'ok', access_token: 'genesis-drill', expires_in: 7200 }),
          question: true,
        }
      return json({ errcode: 0, errmsg: 'ok' })
    case 'jira':
      if (path.startsWith('/search')) return { ...json({ issues: [], total: 0 }), question: true }
      return json({ id: '1', key: 'DRILL-1' }, 201)
    case 'rocketchat':
      return json({ success: true })
    case 'msteams':
    case 'msteamsv2':
      return { status: 200, type: 'text/plain', body: '1' }
    case 'discord':
      return { status: 204, type: 'text/plain', body: '' }
    case 'sns':
      return {
        status: 200,
        type: 'text/xml',
        body: '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>genesis-drill</MessageId></PublishResult><ResponseMetadata><RequestId>genesis-drill</RequestId></ResponseMetadata></PublishResponse>',
      }
    default:
      return json({ status: 'ok' }, integration === 'incidentio' ? 202 : 200)
  }
}

function json(value: unknown, status = 200): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) }
}
