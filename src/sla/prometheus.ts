import { request } from 'undici'
import { z } from 'zod'
import { EnvironmentError, messageOf } from '../model/errors.ts'
import type { Series } from './judge.ts'

/** The query could not be answered, by the server's own word. `fault` of the author: it is no valid query. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
  readonly author: boolean
  constructor(message: string, author: boolean) {
    super(message)
    this.author = author
  }
}

const point = z.tuple([z.number(), z.string()])
const metric = z.record(z.string(), z.string())
const answer = z.union([
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric, value: point.optional() })) }),
      z.object({
        resultType: z.literal('matrix'),
        result: z.array(z.object({ metric, values: z.array(point).optional() })),
      }),
      z.object({ resultType: z.literal('scalar'), result: point }),
      z.object({ resultType: z.literal('string'), result: point }),
    ]),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
])

const TIMEOUT_MS = 60_000

/**
 * The query API of any Prometheus. A user and password in the URL are sent as Basic authentication and shown nowhere.
 * Throws EnvironmentError when nobody (or nobody of that kind) answers, QueryError when the query fails.
 */
export function prometheusAt(url: string) {
  const base = baseUrl(url)
  const shown = base.href.replace(/\/$/, '')

  async function ask(path: string, parameters: Readonly<Record<string, string>>): Promise<readonly Series[]> {
    let body: string
    let status: number
    try {
      const response = await request(new URL(path, base), {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...authorization(url) },
        body: new URLSearchParams(parameters).toString(),
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      })
      status = response.statusCode
      body = await response.body.text()
    } catch (error) {
      throw new EnvironmentError(`no Prometheus answers at ${shown}: ${reason(error)}`, {
        advice:
          'Check --prometheus: the address must be that of the server itself, with its path prefix if it has one.',
        cause: error,
      })
    }
    const parsed = parse(body)
    if (!parsed.success)
      throw new EnvironmentError(`${shown} does not answer as Prometheus does: HTTP ${status} ${body.slice(0, 200)}`, {
        advice: 'Is this the address of Prometheus, and does it need a user and password in the URL?',
      })
    if (parsed.data.status === 'error') throw new QueryError(parsed.data.error, parsed.data.errorType === 'bad_data')
    const { data } = parsed.data
    switch (data.resultType) {
      case 'vector':
        return data.result.map(({ metric: labels, value }) => ({
          labels,
          points: points(value === undefined ? [] : [value]),
        }))
      case 'matrix':
        return data.result.map(({ metric: labels, values }) => ({ labels, points: points(values ?? []) }))
      case 'scalar':
        return [{ labels: {}, points: points([data.result]) }]
      case 'string':
        throw new QueryError('the query gives a text, not a number', true)
    }
  }

  return {
    shown,
    /** Instants are seconds since the epoch. */
    now: (query: string, at: number) => ask('api/v1/query', { query, time: String(at) }),
    range: (query: string, start: number, end: number, step: number) =>
      ask('api/v1/query_range', { query, start: String(start), end: String(end), step: String(step) }),
  }
}

export type Prometheus = ReturnType<typeof prometheusAt>

function parse(body: string) {
  try {
    return answer.safeParse(JSON.parse(body))
  } catch {
    return { success: false } as const
  }
}

function points(values: readonly (readonly [number, string])[]): [number, number][] {
  return values.map(([at, text]) => [at, sampleValue(text)])
}

/** Prometheus writes `NaN`, `+Inf` and `-Inf`. */
function sampleValue(text: string): number {
  return Number(text.replace(/Inf$/, 'Infinity'))
}

function baseUrl(url: string): URL {
  const parsed = URL.parse(url)
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol))
    throw new EnvironmentError('--prometheus must be a URL such as http://127.0.0.1:9090')
  parsed.username = ''
  parsed.password = ''
  parsed.search = ''
  parsed.hash = ''
  if (!parsed.pathname.endsWith('/')) parsed.pathname += '/'
  return parsed
}

function authorization(url: string): Record<string, string> {
  const { username, password } = new URL(url)
  if (username === '' && password === '') return {}
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(plain).toString('base64')}` }
}

function reason(error: unknown): string {
  return error instanceof Error && 'code' in error && messageOf(error) === '' ? String(error.code) : messageOf(error)
}
