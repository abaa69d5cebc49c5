import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Address, Arrival } from '../model/abilities.ts'
import type { ServiceKind } from '../model/kind.ts'
import { BodyTooLarge, bodyOf, httpServer, listen } from './hosted.ts'
import { type Addressee, parseAddressee } from './inbox/address.ts'
import { answerOf } from './inbox/answers.ts'
import { incidentOf, toldBy, withoutSecrets } from './inbox/told.ts'

/** The service that sends; its way to the inbox is a link like any other. */
const SENDER = 'alertmanager'
const LARGEST = 1024 * 1024

const spec = z.strictObject({})
type Spec = z.output<typeof spec>

export const inbox: ServiceKind<Spec> = {
  implicit: true,
  summary: 'The receiver side: takes webhooks, Slack, PagerDuty, mail and the rest from Alertmanager and keeps them.',
  spec,
  example: 'kind: inbox\n',
  abilities: () => ['inbox', 'endpoint'],
  dependsOn: () => [],

  async start(_spec, host) {
    await using started = new AsyncDisposableStack()
    const arrivals: Arrival[] = []
    const incidents = new Map<string, Arrival['alerts']>()
    const listeners = new Set<(arrival: Arrival) => void>()
    const keep = (
      { receiver, integration, index, rest }: Addressee,
      wall: number,
      monotonic: number,
      payload: unknown,
    ) => {
      const told = toldBy(integration, payload, rest)
      let { alerts } = told
      const incident = incidentOf(integration, payload, rest)
      if (incident !== undefined) {
        const key = JSON.stringify([receiver, integration, index, incident])
        if (told.alerts.length > 0) incidents.set(key, told.alerts)
        else alerts = (incidents.get(key) ?? []).map(({ labels }) => ({ labels, status: told.status }))
      }
      const arrival = {
        wall,
        monotonic,
        receiver,
        integration,
        index,
        ...told,
        alerts,
        payload: withoutSecrets(payload),
      }
      arrivals.push(arrival)
      for (const listener of listeners) listener(arrival)
    }

    const http = started.use(
      httpServer(async (request, response) => {
        const [monotonic, wall] = [performance.now(), Date.now()]
        const addressee = parseAddressee((request.url ?? '').split('?')[0] ?? '')
        if (addressee === undefined) {
          end(response, 404, 'expected /<receiver>/<integration>/<index>\n')
          return
        }
        const body = await read(request, response)
        if (body === undefined) return
        const payload = decode(body, request.headers['content-type'] ?? '')
        const answer = answerOf(addressee.integration, addressee.rest, payload)
        response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
        if (answer.question === undefined) keep(addressee, wall, monotonic, payload)
      }),
    )
    // What reads mail is loaded when a run begins, not when a file is read.
    const { mailServer } = await import('./inbox/mail.ts')
    const mail = started.use(
      mailServer(LARGEST, ({ addressee, wall, monotonic, payload }) => keep(addressee, wall, monotonic, payload)),
    )
    const direct = await listen(host, http)
    await listen(host, mail.server, 'smtp')
    const sender = host.runtime.place(SENDER)
    const { service } = host.place
    const stack = started.move()
    return {
      facts: [],
      abilities: {
        inbox: {
          httpUrl: url(sender.peer(service)),
          smtp: sender.peer(service, 'smtp'),
          arrivals: () => arrivals,
          onArrival(listener) {
            listeners.add(listener)
            return () => void listeners.delete(listener)
          },
          clear: () => void arrivals.splice(0),
        },
        endpoint: { address: async () => direct, target: () => service },
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  },
}

async function read(request: IncomingMessage, response: ServerResponse): Promise<string | undefined> {
  try {
    return (await bodyOf(request, LARGEST)).toString('utf8')
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error
    response.setHeader('connection', 'close')
    end(response, 413, `${error.message}\n`)
    return undefined
  }
}

function decode(body: string, type: string): unknown {
  if (type.includes('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(body))
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text)
}

function url({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
