import { describe, expect, test } from 'vitest'
import { endpoint } from '../../../src/services/endpoint.ts'
import { postgres } from '../../../src/services/postgres.ts'
import { postgresExporter } from '../../../src/services/postgres-exporter.ts'
import { redis } from '../../../src/services/redis.ts'
import { redisExporter } from '../../../src/services/redis-exporter.ts'
import { runtimes } from '../where.ts'
import { Bed, eventually } from './bed.ts'

describe.each(runtimes)('exporters and endpoints on %s', name => {
  test('an exporter tells whether its service is up, and dies on its own', async () => {
    await using bed = await Bed.open(name)
    await bed.start('primary', postgres)
    await bed.start('cache', redis)
    await bed.start('pg', postgresExporter, { service: 'primary' })
    await bed.start('rd', redisExporter, { service: 'cache', job: 'caches' })
    expect(bed.ability('pg', 'metrics')).toMatchObject([{ job: 'postgres', instance: 'primary:9187', world: 'wall' }])
    expect(bed.ability('rd', 'metrics')).toMatchObject([{ job: 'caches', instance: 'cache:9121' }])
    const metric = async (exporter: string, line: string) => {
      const { host, port } = await bed.ability(exporter, 'endpoint').address()
      const text = await (await fetch(`http://${host}:${port}/metrics`, { signal: AbortSignal.timeout(5_000) })).text()
      return text.split('\n').includes(line)
    }
    expect(await eventually(() => metric('pg', 'pg_up 1'))).toBe(true)
    expect(await eventually(() => metric('rd', 'redis_up 1'))).toBe(true)
    await bed.ability('primary', 'lifecycle').kill()
    await bed.ability('cache', 'lifecycle').kill()
    expect(await eventually(() => metric('pg', 'pg_up 0'))).toBe(true)
    expect(await eventually(() => metric('rd', 'redis_up 0'))).toBe(true)
    await bed.ability('primary', 'lifecycle').start()
    expect(await eventually(() => metric('pg', 'pg_up 1'))).toBe(true)
    await bed.ability('pg', 'lifecycle').kill()
    await expect(metric('pg', 'pg_up 1')).rejects.toThrow()
    await bed.ability('pg', 'lifecycle').start()
    expect(await eventually(() => metric('pg', 'pg_up 1'))).toBe(true)
  })

  test('an endpoint moves to another service: old connections end, new ones reach the new target', async () => {
    await using bed = await Bed.open(name)
    await bed.start('one', postgres)
    await bed.start('two', postgres)
    await bed.start('db', endpoint, { to: 'one' })
    const [sql, moving] = [bed.ability('db', 'sql'), bed.ability('db', 'endpoint')]
    await using before = await sql.connect()
    expect(await before.identity()).toMatch(/^one\//)
    const address = await moving.address()
    await moving.repoint?.('two')
    await expect(before.query('select 1')).rejects.toThrow()
    await using after = await sql.connect()
    expect(await after.identity()).toMatch(/^two\//)
    expect([moving.target(), await moving.address()]).toEqual(['two', address])
    expect(await sql.query('show cluster_name')).toEqual([{ cluster_name: 'two' }])
    await expect(bed.ability('db', 'redis').connect()).rejects.toThrow(/two does not speak Redis/)
    // A dead target refuses at once instead of hanging.
    await bed.ability('two', 'lifecycle').kill()
    await expect(sql.connect({ timeoutMs: 5_000 })).rejects.toThrow()
  })
})
