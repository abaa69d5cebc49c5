import { request } from 'undici'
import { z } from 'zod'
import { messageOf } from '../model/errors.ts'
import { serviceName, wallDuration } from '../model/fields.ts'
import type { ProbeKind } from '../model/kind.ts'

const spec = z
  .strictObject({
    service: serviceName.optional().describe('a service of the scenario'),
    path: z.string().startsWith('/').default('/').describe('on that service'),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('instead of a service'),
    status: z.number().int().min(100).max(599).default(200).describe('any other status is a failure'),
    identity: z.string().min(1).optional().describe('a header of the answer that tells which server gave it'),
    timeout: wallDuration.default(1).describe('after this an operation has failed (wall time: never scaled)'),
  })
  .refine(({ service, url }) => (service === undefined) !== (url === undefined), 'expected either a service or a url')

export const http: ProbeKind<z.output<typeof spec>> = {
  summary: 'Asks for a page over HTTP, on a new connection each time.',
  spec,
  example: `
kind: http
service: web
path: /health
`,
  needs: ({ service }) => (service === undefined ? [] : [{ service, ability: 'endpoint' }]),
  async open({ service, path, url, status, identity, timeout }, run) {
    async function address(): Promise<string> {
      if (url !== undefined) return url
      const { host, port } = await run.ability(service ?? '', 'endpoint').address()
      return `http://${host}:${port}${path}`
    }
    return {
      async attempt() {
        try {
          const answer = await request(await address(), { reset: true, signal: AbortSignal.timeout(timeout * 1000) })
          await answer.body.dump()
          const header = identity === undefined ? undefined : answer.headers[identity.toLowerCase()]
          const server = header === undefined ? {} : { server: String(header) }
          if (answer.statusCode === status) return { outcome: 'ok', ...server }
          return { outcome: 'failed', ...server, message: `status ${answer.statusCode} instead of ${status}` }
        } catch (thrown) {
          return { outcome: 'failed', message: messageOf(thrown) }
        }
      },
      async [Symbol.asyncDispose]() {},
    }
  },
}
