import { Pool } from 'undici'
import type { Address } from '../../model/abilities.ts'
import { EnvironmentError, messageOf } from '../../model/errors.ts'

/** The HTTP side of one engine. Every call asks once; callers of the same moment share one answer. */
export interface Engine extends AsyncDisposable {
  /** Throws EnvironmentError when it does not answer in time, or answers with an error. */
  json(path: string, parameters?: Readonly<Record<string, string>>): Promise<unknown>
  text(path: string): Promise<string>
}

const TIMEOUT_MS = 10_000

export function engineAt(name: string, { host, port }: Address): Engine {
  const pool = new Pool(`http://${host}:${port}`, {
    connections: 8,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connectTimeout: TIMEOUT_MS,
  })
  const underWay = new Map<string, Promise<string>>()

  async function ask(path: string): Promise<string> {
    let answer: { statusCode: number; text: string }
    try {
      const { statusCode, body } = await pool.request({ method: 'GET', path })
      answer = { statusCode, text: await body.text() }
    } catch (thrown) {
      throw new EnvironmentError(`${name} at ${host}:${port} does not answer: ${messageOf(thrown)}`, { cause: thrown })
    }
    if (answer.statusCode >= 400)
      throw new EnvironmentError(`${name} answered ${answer.statusCode} to ${path}: ${answer.text.slice(0, 300)}`)
    return answer.text
  }

  /** Shared only within one turn of the event loop, so that no caller gets an answer that is older than its question. */
  function shared(path: string): Promise<string> {
    const existing = underWay.get(path)
    if (existing !== undefined) return existing
    const asked = ask(path)
    underWay.set(path, asked)
    setImmediate(() => underWay.delete(path))
    return asked
  }

  return {
    async json(path, parameters) {
      const query = parameters === undefined ? '' : `?${new URLSearchParams(parameters)}`
      return JSON.parse(await shared(`${path}${query}`))
    },
    text: shared,
    [Symbol.asyncDispose]: () => pool.destroy(),
  }
}
