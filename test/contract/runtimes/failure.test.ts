import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { EnvironmentError } from '../../../src/model/errors.ts'
import { runtimes } from '../where.ts'
import { launchRedis, redis } from './programs.ts'
import { withRuntime } from './stack.ts'

async function failureOf(work: Promise<unknown>): Promise<EnvironmentError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    thrown => thrown,
  )
  expect(error).toBeInstanceOf(EnvironmentError)
  return error
}

describe.each(runtimes)('a start that fails in the %s runtime', name => {
  it('is noticed as soon as the program ends, with its last words', async () => {
    await withRuntime(name, async runtime => {
      const blueprint = redis(runtime, 'cache', {
        command: ['redis-server', '--port', 'not-a-number'],
        readyWithin: 600_000,
      })
      const error = await failureOf(runtime.launch('cache', blueprint))
      expect(error.message).toContain('cache ended while starting, with exit code 1')
      expect(error.lastLog).toContain('not-a-number')
    })
  })

  it('is given up when the time is over, says what was last seen, and leaves nothing running', async () => {
    await withRuntime(name, async runtime => {
      let asked = 0
      const blueprint = redis(runtime, 'cache', {
        ready: async instance => {
          asked++
          await instance.running()
          throw new Error('the moon is not full')
        },
        readyWithin: 1_000,
      })
      const error = await failureOf(runtime.launch('cache', blueprint))
      expect(error.message).toMatch(/cache was expected to be ready within 1 s; after [\d.]+ s: the moon is not full/)
      expect(error.lastLog).toContain('Ready to accept connections')
      expect(asked).toBeGreaterThan(1)
      await expect(reaches(runtime.place('cache').port())).resolves.toBe(false)
      // The name is free again.
      expect(await (await launchRedis(runtime, 'cache')).running()).toBe(true)
    })
  })

  it('names a program that does not exist', async () => {
    await withRuntime(name, async runtime => {
      const blueprint = redis(runtime, 'cache', { command: ['no-such-program'] })
      const error = await failureOf(runtime.launch('cache', blueprint))
      expect(`${error.message} ${error.lastLog}`).toContain('no-such-program')
    })
  })

  it('is ended by an abort', async () => {
    const abort = new AbortController()
    await withRuntime(
      name,
      async runtime => {
        const blueprint = redis(runtime, 'cache', {
          ready: async () => {
            abort.abort(new Error('interrupted by a person'))
            return false
          },
          readyWithin: 600_000,
        })
        await expect(runtime.launch('cache', blueprint)).rejects.toThrow('interrupted by a person')
        await expect(runtime.launch('other', redis(runtime, 'other'))).rejects.toThrow('interrupted by a person')
      },
      abort.signal,
    )
  })

  it('does not keep what runs from starting again after an abort: rolling back needs it', async () => {
    const abort = new AbortController()
    await withRuntime(
      name,
      async runtime => {
        const cache = await launchRedis(runtime, 'cache')
        await cache.kill()
        abort.abort()
        await cache.start()
        expect(await cache.running()).toBe(true)
      },
      abort.signal,
    )
  })

  it('ends with the runtime when that is disposed meanwhile, and nothing is left on disk', async () => {
    await withRuntime(name, async (runtime, state) => {
      const launching = runtime.launch(
        'cache',
        redis(runtime, 'cache', { ready: async () => false, readyWithin: 600_000 }),
      )
      const outcome = launching.then(
        () => 'ready',
        () => 'ended',
      )
      await runtime[Symbol.asyncDispose]()
      expect(await outcome).toBe('ended')
      expect(await readdir(state)).toEqual([])
    })
  })
})

function reaches(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
