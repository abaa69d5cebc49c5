import { request } from 'undici'
import { z } from 'zod'
import { messageOf } from '../model/errors.ts'
import { serviceName, wallDuration } from '../model/fields.ts'
import type { ExpectationKind, RunContext } from '../model/kind.ts'
import { compares, scalar, shown } from './comparison.ts'
import { partAt } from './json-path.ts'

const spec = z
  .strictObject({
    service: serviceName.optional().describe('a service of the scenario'),
    path: z.string().startsWith('/').default('/').describe('on that service'),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('instead of a service'),
    method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']).default('GET'),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().optional(),
    status: z.number().int().min(100).max(599).default(200),
    contains: z.string().min(1).optional().describe('a text in the body'),
    json: z.record(z.string(), scalar).default({}).describe('places in the JSON body and their values'),
    timeout: wallDuration.default(5),
  })
  .refine(({ service, url }) => (service === undefined) !== (url === undefined), 'expected either a service or a url')
type Spec = z.output<typeof spec>

export const http: ExpectationKind<Spec> = {
  summary: 'An HTTP request is answered with the expected status and body.',
  spec,
  example: `
kind: http
service: web
path: /health
status: 200
json: { status: ok }
`,
  needs: ({ service }) => (service === undefined ? [] : [{ service, ability: 'endpoint' }]),
  async check(wanted, run) {
    const url = wanted.url ?? (await addressOf(wanted, run))
    const subject = `${wanted.method} ${url}`
    const answer = await ask(wanted, url)
    // Nobody answering is what this looks for, so it is no failure of looking.
    if ('failure' in answer)
      return {
        verdict: 'unmet',
        message: `${subject}: expected status ${wanted.status}, seen: ${answer.failure}`,
        evidence: [],
      }
    const evidence = [
      { kind: 'values', title: subject, values: { status: answer.status, body: answer.body.slice(0, 2_000) } },
    ] as const
    const complaints = [
      ...(answer.status === wanted.status ? [] : [`expected status ${wanted.status}, seen: ${answer.status}`]),
      ...(wanted.contains === undefined || answer.body.includes(wanted.contains)
        ? []
        : [`expected the text ${shown(wanted.contains)} in the body, seen: ${shown(answer.body)}`]),
      ...differences(wanted.json, answer.body),
    ]
    if (complaints.length > 0) return { verdict: 'unmet', message: `${subject}: ${complaints.join('; ')}`, evidence }
    return { verdict: 'met', message: `${subject} answers ${answer.status}`, evidence }
  },
}

async function addressOf({ service = '', path }: Spec, run: RunContext): Promise<string> {
  const { host, port } = await run.ability(service, 'endpoint').address()
  return `http://${host}:${port}${path}`
}

async function ask(
  { method, headers, body, timeout }: Spec,
  url: string,
): Promise<{ status: number; body: string } | { failure: string }> {
  try {
    const response = await request(url, {
      method,
      headers,
      body: body ?? null,
      // A connection of its own each time: a kept one would hide that nobody new gets in.
      reset: true,
      signal: AbortSignal.timeout(timeout * 1000),
    })
    return { status: response.statusCode, body: await response.body.text() }
  } catch (thrown) {
    const timedOut = thrown instanceof Error && thrown.name === 'TimeoutError'
    return { failure: timedOut ? `no answer within ${timeout} s` : messageOf(thrown) }
  }
}

function differences(wanted: Spec['json'], body: string): readonly string[] {
  const places = Object.entries(wanted)
  if (places.length === 0) return []
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return [`expected JSON, seen: ${shown(body)}`]
  }
  return places
    .filter(([path, scalar]) => !compares(partAt(value, path), '==', scalar))
    .map(([path, scalar]) => `expected ${path} to be ${shown(scalar)}, seen: ${shown(partAt(value, path))}`)
}
