import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EnvironmentError } from '../../../src/model/errors.ts'
import { postgres } from '../../../src/services/postgres.ts'
import { runtimes } from '../where.ts'
import { Bed, eventually } from './bed.ts'

describe.each(runtimes)('postgres backups by pgbackrest on %s', { timeout: 400_000 }, name => {
  let bed: Bed
  beforeAll(async () => {
    bed = await Bed.open(name)
    await bed.start('db', postgres, {
      backups: { tool: 'pgbackrest', every: '1h', retain: 3 },
      initSql: 'create table orders (id int primary key)',
    })
  }, 400_000)
  afterAll(() => bed[Symbol.asyncDispose]())

  const sql = (text: string) => bed.ability('db', 'sql').query(text)
  const backups = () => bed.ability('db', 'backups')
  const ids = async () => (await sql('select id from orders order by id')).map(({ id }) => id)
  const newest = async () => (await backups().list()).at(-1)?.id ?? ''
  /** Waits until all WAL so far is in the archive. */
  const archived = async () => {
    const [row] = await sql('select pg_walfile_name(pg_switch_wal()) as name')
    await eventually(async () => {
      const [last] = await sql('select last_archived_wal as name from pg_stat_archiver')
      return String(last?.['name']) >= String(row?.['name'])
    }, 60_000)
  }

  test('the first backup is there and verifies; archiving never failed', async () => {
    const [set] = await backups().list()
    expect(set).toMatchObject({ id: expect.stringMatching(/^\d{8}-\d{6}F$/), type: 'full', verification: 'unverified' })
    expect(set?.sizeBytes).toBeGreaterThan(1_000_000)
    expect(set?.walStart).toMatch(/^00000001[0-9A-F]{16}$/)
    expect(await backups().verify(set?.id ?? '')).toMatchObject({ verification: 'intact' })
    expect(await backups().archive()).toMatchObject({ failed: 0, archived: expect.any(Number) })
    const used = await backups().usedBytes?.()
    expect(used?.sets).toBeGreaterThan(1_000_000)
    expect(used?.archive).toBeGreaterThan(1_000)
  })

  test('a broken job really fails, is counted, and leaves no set', async () => {
    const before = (await backups().list()).length
    await backups().breakJob()
    await expect(backups().take()).rejects.toThrow(/role .* does not exist/)
    await backups().mendJob()
    expect(backups().attempts()).toMatchObject({ failed: 1, lastFailure: expect.stringContaining('does not exist') })
    expect(await backups().list()).toHaveLength(before)
  })

  test('flipped bytes are found although verify ends with 0, and the damaged set is not restored', async () => {
    const flipped = await backups().corrupt()
    const damaged = await backups().verify(flipped.id)
    expect(damaged.verification).toBe('damaged')
    expect(damaged.verificationMessage).toContain(flipped.file)
    await expect(backups().restore({ to: 'end' })).rejects.toThrow(/damaged/)
    expect(await bed.ability('db', 'lifecycle').running()).toBe(true)
    await flipped.undo()
    await flipped.undo()
    expect(await backups().verify(flipped.id)).toMatchObject({ verification: 'intact' })
  })

  test('an unverified damaged set fails to restore, and the service goes on', async () => {
    const flipped = await backups().corrupt()
    await expect(backups().restore({ to: 'end' })).rejects.toThrow(/cannot be restored: .*exit code/s)
    expect(await ids()).toEqual([])
    await flipped.undo()
  })

  test('a hole in the archive is found, and nothing is restored across it', async () => {
    await sql('insert into orders values (1)')
    await archived()
    await sql('insert into orders values (2)')
    await archived()
    const hole = await backups().removeWal()
    expect(await backups().verify(await newest())).toMatchObject({
      verification: 'damaged',
      verificationMessage: expect.stringContaining(hole.segment),
    })
    await expect(backups().restore({ to: 'end' })).rejects.toThrow(hole.segment)
    await hole.undo()
    expect(await backups().verify(await newest())).toMatchObject({ verification: 'intact' })
  })

  test('restores a killed server to the end of the archive, which goes on on the new timeline', async () => {
    await sql('insert into orders values (3)')
    await archived()
    await bed.ability('db', 'lifecycle').kill()
    const { evidence } = await backups().restore({ to: 'end' })
    expect(await ids()).toEqual([1, 2, 3])
    expect(JSON.stringify(evidence)).toContain('end of the archive')
    await sql('insert into orders values (4)')
    await archived()
    expect((await backups().take()).walStart).toMatch(/^00000002/)
  })

  test('restores to just before a mistake, although a newer backup holds it', async () => {
    const began = Date.now()
    await new Promise(resolve => setTimeout(resolve, 50))
    const [row] = await sql(
      'with gone as (delete from orders returning id) select pg_current_xact_id()::text as xid, count(*) from gone',
    )
    await backups().take()
    const restored = await backups().restore({ to: { beforeXid: String(row?.['xid']), began } })
    expect(restored.set.stoppedAt).toBeLessThanOrEqual(began)
    expect(await ids()).toEqual([1, 2, 3, 4])
    expect(JSON.stringify(restored.evidence)).toContain('recovery stopping before commit of transaction')
  })

  test('restores to an instant; what cannot be reached says so, and the old data come back', async () => {
    await backups().take()
    await sql('insert into orders values (6)')
    await new Promise(resolve => setTimeout(resolve, 100))
    const instant = Date.now()
    await new Promise(resolve => setTimeout(resolve, 300))
    await sql('insert into orders values (7)')
    await backups().restore({ to: { time: instant } })
    expect(await ids()).toEqual([1, 2, 3, 4, 6])
    await expect(backups().restore({ to: { time: Date.now() + 3_600_000 } })).rejects.toThrow(
      /recovery ended before configured recovery target was reached/,
    )
    await bed.ability('db', 'lifecycle').start()
    expect(await ids()).toEqual([1, 2, 3, 4, 6])
    expect(
      backups()
        .restores?.()
        .map(({ succeeded }) => succeeded)
        .slice(-2),
    ).toEqual([true, false])
  })

  test('keeps as many sets as asked', async () => {
    await backups().take()
    await backups().take()
    const sets = await backups().list()
    expect(sets).toHaveLength(3)
    expect(await backups().verify(sets[0]?.id ?? '')).toMatchObject({ verification: 'intact' })
  })
})

describe.each(runtimes)('a pair of postgres with pgbackrest on %s', name => {
  test('the standby archives into the same repository after its promotion', { timeout: 400_000 }, async () => {
    await using bed = await Bed.open(name)
    await bed.start('primary', postgres, { backups: { tool: 'pgbackrest', every: '1h', first: false } })
    await bed.start('standby', postgres, { standbyOf: 'primary' })
    await bed.ability('primary', 'lifecycle').kill()
    await bed.ability('standby', 'replication').promote()
    const sql = bed.ability('standby', 'sql')
    await sql.query('select pg_switch_wal()')
    expect(
      await eventually(async () => {
        const [row] = await sql.query(
          'select last_archived_wal as name, failed_count::int as failed from pg_stat_archiver',
        )
        return String(row?.['name']).startsWith('00000002') && row?.['failed'] === 0
      }, 60_000),
    ).toBe(true)
  })
})

test('where pgbackrest does not run, the boot says how to get it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'genesis-drill-path-'))
  const path = process.env['PATH']
  try {
    await chmod(folder, 0o755)
    await writeFile(join(folder, 'pgbackrest'), '#!/bin/sh\necho "pgbackrest: not found" >&2\nexit 127\n', {
      mode: 0o755,
    })
    process.env['PATH'] = `${folder}${delimiter}${path}`
    await using bed = await Bed.open('process')
    const boot = bed.start('db', postgres, { backups: { tool: 'pgbackrest', every: '1h' } })
    await expect(boot).rejects.toThrow(EnvironmentError)
    await expect(boot).rejects.toMatchObject({ advice: expect.stringContaining('apt-get install') })
  } finally {
    process.env['PATH'] = path
    await rm(folder, { recursive: true, force: true })
  }
})
