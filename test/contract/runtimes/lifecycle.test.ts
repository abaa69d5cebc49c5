import { describe, expect, it } from 'vitest'
import { runtimes } from '../where.ts'
import { ask, launchPostgres, launchRedis, redis, sql } from './programs.ts'
import { withRuntime } from './stack.ts'

describe.each(runtimes)('a service in the %s runtime', name => {
  it('keeps its address and its data through kill, stop and start, and stopping twice is fine', async () => {
    await withRuntime(name, async runtime => {
      const cache = await launchRedis(runtime, 'cache')
      const address = cache.address()
      const seenByPeers = runtime.place('reader').peer('cache')
      expect(await ask(address, 'SET fruit pear')).toBe('+OK')

      await cache.kill()
      await cache.kill()
      expect(await cache.running()).toBe(false)
      await expect(ask(address, 'PING')).rejects.toThrow()
      await expect(ask(seenByPeers, 'PING')).rejects.toThrow()

      await cache.start()
      expect(await cache.running()).toBe(true)
      expect(cache.address()).toEqual(address)
      expect(await ask(address, 'GET fruit')).toContain('pear')
      expect(await ask(seenByPeers, 'GET fruit')).toContain('pear')

      await cache.stop()
      await cache.stop()
      expect(await cache.running()).toBe(false)
      await cache.start()
      expect(await ask(address, 'GET fruit')).toContain('pear')
    })
  })

  it('answers nothing while paused and everything after', async () => {
    await withRuntime(name, async runtime => {
      const cache = await launchRedis(runtime, 'cache')
      await cache.pause()
      await cache.pause()
      expect(await cache.running()).toBe(true)
      await expect(ask(cache.address(), 'PING', 300)).rejects.toThrow('no answer in time')
      await cache.resume()
      await cache.resume()
      expect(await ask(cache.address(), 'PING')).toBe('+PONG')

      await cache.pause()
      await cache.kill()
      expect(await cache.running()).toBe(false)
      await cache.start()
      expect(await ask(cache.address(), 'PING')).toBe('+PONG')
    })
  })

  it('kills a Postgres with all its children, which leave its process group, and recovers what was committed', async () => {
    await withRuntime(name, async runtime => {
      const db = await launchPostgres(runtime, 'db')
      await sql(runtime, db, 'create table t as select generate_series(1, 100) as n')
      const sleeper = sql(runtime, db, 'select pg_sleep(60)').catch(() => 'broken')
      await expect
        .poll(() => sql(runtime, db, "select count(*) from pg_stat_activity where query = 'select pg_sleep(60)'"))
        .toBe('1')
      await db.kill()
      expect(await sleeper).toBe('broken')
      expect((await db.exec(['pg_isready', '-h', '127.0.0.1', '-t', '1'])).code).not.toBe(0)
      await db.start()
      expect(await sql(runtime, db, 'select count(*) from t')).toBe('100')
    })
  })

  it('signals the main process, or those whose command line matches', async () => {
    await withRuntime(name, async runtime => {
      const db = await launchPostgres(runtime, 'db')
      const checkpointer = "select pid from pg_stat_activity where backend_type = 'checkpointer'"
      const before = await sql(runtime, db, checkpointer)
      await db.signal('SIGKILL', /postgres: checkpointer/)
      // Postgres restarts its children when one of them dies.
      await expect.poll(() => sql(runtime, db, checkpointer).catch(() => before), { timeout: 20_000 }).not.toBe(before)
      await db.signal('SIGINT')
      await expect.poll(() => db.running(), { timeout: 20_000 }).toBe(false)
      await expect(db.signal('SIGHUP', /postgres/)).rejects.toThrow()
    })
  })

  it('sees the files it was given, and says exactly what ran', async () => {
    await withRuntime(name, async runtime => {
      const file = runtime.place('cache').file('notes/weird name.txt')
      const content = 'ümlaut, "quotes" and $HOME\nsecond line\n'
      const blueprint = redis(runtime, 'cache')
      const cache = await runtime.launch('cache', { ...blueprint, files: { ...blueprint.files, [file]: content } })
      expect((await cache.exec(['cat', file])).stdout).toBe(content)
      // Reloading a configuration means writing it anew, so it must belong to the program's user.
      expect((await cache.exec(['sh', '-c', 'cat >"$0"', file], { input: 'new' })).code).toBe(0)
      expect((await cache.exec(['cat', file])).stdout).toBe('new')
      expect((await cache.exec(['redis-server', '--version'])).stdout).toContain(cache.facts.version)
      expect(cache.facts.version).toMatch(/^\d+\.\d+/)
      expect(name === 'process' ? cache.facts.binary : cache.facts.imageId).toBeTruthy()
      expect(await cache.tail(5)).toContain('Ready to accept connections')
    })
  })

  it('is replaced after its removal by another on the same port and volume', async () => {
    await withRuntime(name, async runtime => {
      const first = await launchRedis(runtime, 'cache')
      await ask(first.address(), 'SET fruit pear')
      await first.remove()
      await expect(ask(runtime.place('reader').peer('cache'), 'PING')).rejects.toThrow()
      const second = await launchRedis(runtime, 'cache')
      expect(second.address()).toEqual(first.address())
      expect(await ask(runtime.place('reader').peer('cache'), 'GET fruit')).toContain('pear')
    })
  })
})
