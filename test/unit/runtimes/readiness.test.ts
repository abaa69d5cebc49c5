import { describe, expect, it } from 'vitest'
import { untilReady, type Watched } from '../../../src/runtimes/readiness.ts'

const never = new Promise<string>(() => {})
const watched = (changes: Partial<Watched>): Watched => ({
  service: 'cache',
  ready: async () => false,
  ended: never,
  within: 50,
  tail: async () => 'last words',
  signal: new AbortController().signal,
  ...changes,
})

describe('waiting for a service', () => {
  it('goes on after failures, until it is ready', async () => {
    let asked = 0
    const ready = async () => {
      if (++asked < 3) throw new Error('not yet')
      return true
    }
    await untilReady(watched({ ready, within: 60_000 }))
    expect(asked).toBe(3)
  })

  it('says what was last seen when the time is over, also when the question itself hangs', async () => {
    const ready = async () => Promise.reject(new Error('connection refused'))
    await expect(untilReady(watched({ ready }))).rejects.toMatchObject({
      name: 'EnvironmentError',
      message: expect.stringMatching(
        /^cache was expected to be ready within 0.05 s; after [\d.]+ s: connection refused$/,
      ),
      lastLog: 'last words',
    })
    await expect(untilReady(watched({ ready: () => new Promise(() => {}) }))).rejects.toThrow('it gave no answer')
  })

  it('ends at once with the program', async () => {
    const dead = untilReady(watched({ ended: Promise.resolve('exit code 1'), within: 600_000 }))
    await expect(dead).rejects.toThrow('cache ended while starting, with exit code 1')
  })

  it('ends at once with an abort, whose reason it gives', async () => {
    const abort = new AbortController()
    const waiting = untilReady(watched({ signal: abort.signal, within: 600_000 }))
    abort.abort(new Error('interrupted'))
    await expect(waiting).rejects.toThrow('interrupted')
  })
})
