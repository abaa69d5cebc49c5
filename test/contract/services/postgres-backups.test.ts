import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgres } from '../../../src/services/postgres.ts'
import { runtimes } from '../where.ts'
import { Bed, eventually } from './bed.ts'

describe.each(runtimes)('postgres backups on %s', name => {
  let bed: Bed
  beforeAll(async () => {
    bed = await Bed.open(name)
    await bed.start('db', postgres, { backups: { every: '1h' }, initSql: 'create table orders (id int primary key)' })
  })
  afterAll(() => bed[Symbol.asyncDispose]())

  const sql = (text: string) => bed.ability('db', 'sql').query(text)
  const backups = () => bed.ability('db', 'backups')
  const ids = async () => (await sql('select id from orders order by id')).map(({ id }) => id)
  /** Waits until all WAL so far is in the archive. */
  const archived = async () => {
    const [row] = await sql('select pg_walfile_name(pg_switch_wal()) as name')
    await eventually(async () => {
      const [last] = await sql('select last_archived_wal as name from pg_stat_archiver')
      return String(last?.['name']) >= String(row?.['name'])
    })
  }

  test('the first backup is there, and verifies', async () => {
    const [set] = await backups().list()
    expect(set).toMatchObject({ type: 'full', verification: 'unverified' })
    expect(set?.sizeBytes).toBeGreaterThan(1_000_000)
    expect(set?.stoppedAt).toBeGreaterThan(set?.startedAt ?? Number.POSITIVE_INFINITY)
    expect(await backups().verify(set?.id ?? '')).toMatchObject({ verification: 'intact' })
  })

  test('a broken job really fails, is counted, and leaves no set', async () => {
    const before = (await backups().list()).length
    await backups().breakJob()
    await expect(backups().take()).rejects.toThrow(/role .* does not exist/)
    await backups().mendJob()
    expect(backups().attempts()).toMatchObject({ failed: 1, lastFailure: expect.stringContaining('does not exist') })
    expect(await backups().list()).toHaveLength(before)
  })

  test('flipped bytes are found, and a damaged set is not restored; undone, it is whole again', async () => {
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

  test('a hole in the archive is found, and nothing is restored across it', async () => {
    await sql('insert into orders values (1)')
    await archived()
    await sql('insert into orders values (2)')
    await archived()
    const hole = await backups().removeWal()
    const [set] = await backups().list()
    expect(await backups().verify(set?.id ?? '')).toMatchObject({
      verification: 'damaged',
      verificationMessage: expect.stringContaining(hole.segment),
    })
    await hole.undo()
    expect(await backups().verify(set?.id ?? '')).toMatchObject({ verification: 'intact' })
    const again = await backups().removeWal()
    await expect(backups().restore({ to: 'end' })).rejects.toThrow(again.segment)
    await again.undo()
    expect(await ids()).toEqual([1, 2])
  })

  test('the archive is counted', async () => {
    const archive = await backups().archive()
    expect(archive.archived).toBeGreaterThan(0)
    expect(archive.lastArchivedAt).toBeGreaterThan(Date.now() - 600_000)
    expect((await backups().usedBytes?.())?.archive).toBeGreaterThan(1_000_000)
  })

  test('restores to the end of the archive, also of a killed server', async () => {
    await sql('insert into orders values (3)')
    await archived()
    await bed.ability('db', 'lifecycle').kill()
    const { evidence } = await backups().restore({ to: 'end' })
    expect(await ids()).toEqual([1, 2, 3])
    await sql('insert into orders values (4)')
    expect(JSON.stringify(evidence)).toContain('end of the archive')
  })

  test('restores to just before a mistake, although a newer backup holds it', async () => {
    await backups().take()
    const began = Date.now()
    await new Promise(resolve => setTimeout(resolve, 50))
    const [row] = await sql(
      'with gone as (delete from orders returning id) select pg_current_xact_id()::text as xid, count(*) from gone',
    )
    await backups().take()
    await sql('insert into orders values (5)')
    const restored = await backups().restore({ to: { beforeXid: String(row?.['xid']), began } })
    expect(restored.set.stoppedAt).toBeLessThanOrEqual(began)
    expect(await ids()).toEqual([1, 2, 3, 4])
    expect(JSON.stringify(restored.evidence)).toContain('recovery stopping before commit of transaction')
    expect(
      backups()
        .restores?.()
        .filter(({ succeeded }) => succeeded),
    ).toHaveLength(2)
  })

  test('restores to an instant', async () => {
    await backups().take()
    await sql('insert into orders values (6)')
    await new Promise(resolve => setTimeout(resolve, 100))
    const instant = Date.now()
    await new Promise(resolve => setTimeout(resolve, 300))
    await sql('insert into orders values (7)')
    await backups().restore({ to: { time: instant } })
    expect(await ids()).toEqual([1, 2, 3, 4, 6])
  })

  test('what cannot be reached says so, and the old data come back', async () => {
    await expect(backups().restore({ set: 'no-such-set', to: 'end' })).rejects.toThrow(
      /no backup set no-such-set; there are: /,
    )
    await expect(backups().restore({ to: { time: 1 } })).rejects.toThrow(/no backup set ended early enough/)
    await expect(backups().restore({ to: { time: Date.now() + 3_600_000 } })).rejects.toThrow(
      /recovery ended before configured recovery target was reached/,
    )
    await bed.ability('db', 'lifecycle').start()
    expect(await ids()).toEqual([1, 2, 3, 4, 6])
  })
})

describe.each(runtimes)('the schedule of postgres backups on %s', name => {
  test('takes backups on its own, keeps as many as asked, stops and starts', { timeout: 400_000 }, async () => {
    await using bed = await Bed.open(name)
    await bed.start('db', postgres, { backups: { every: '300ms', retain: 2 } })
    const backups = bed.ability('db', 'backups')
    expect(await eventually(() => backups.attempts().succeeded >= 3, 120_000)).toBe(true)
    await backups.stopSchedule()
    const taken = backups.attempts().succeeded
    const sets = await backups.list()
    expect(sets).toHaveLength(2)
    await new Promise(resolve => setTimeout(resolve, 1_000))
    expect(backups.attempts().succeeded).toBe(taken)
    expect(await backups.verify(sets[0]?.id ?? '')).toMatchObject({ verification: 'intact' })
    await backups.startSchedule()
    expect(await eventually(() => backups.attempts().succeeded > taken, 120_000)).toBe(true)
  })
})

describe.each(runtimes)('a synchronous postgres pair on %s', name => {
  test('does not acknowledge what the standby does not have', async () => {
    await using bed = await Bed.open(name)
    await bed.start('primary', postgres, { synchronous: true, initSql: 'create table orders (id int)' })
    await bed.start('standby', postgres, { standbyOf: 'primary' })
    await using client = await bed.ability('primary', 'sql').connect({ timeoutMs: 3_000 })
    await client.query('insert into orders values (1)')
    const link = await bed.runtime.link('standby', 'primary')
    await link.cut('drop')
    await expect(client.query('insert into orders values (2)')).rejects.toThrow(/timeout/i)
    await link.heal()
    expect(
      await eventually(async () => (await bed.ability('standby', 'sql').query('select from orders')).length === 2),
    ).toBe(true)
  })
})

describe.each(runtimes)('postgres on a volume of limited size on %s', name => {
  test('the archive fills up and WAL waits; released, it is archived', async () => {
    await using bed = await Bed.open(name)
    await bed.start('db', postgres, {
      backups: { every: '1h', first: false },
      archiveLimit: '16MB',
      dataLimit: '128MB',
    })
    const storage = bed.ability('db', 'storage')
    const backups = bed.ability('db', 'backups')
    expect(storage.volumes()).toEqual(['data', 'archive'])
    await storage.fill('archive')
    await bed.ability('db', 'sql').query('select pg_switch_wal()')
    expect(await eventually(async () => (await backups.archive()).failed > 0)).toBe(true)
    await storage.release('archive')
    expect(await eventually(async () => (await backups.archive()).ready === 0, 90_000)).toBe(true)
    expect((await backups.archive()).archived).toBeGreaterThan(0)
    await storage.fill('data')
    await expect(
      bed
        .ability('db', 'sql')
        .query('create table big as select repeat(md5(i::text), 100) from generate_series(1, 5000) i'),
    ).rejects.toThrow()
    await storage.release('data')
    await bed.ability('db', 'lifecycle').stop()
    await bed.ability('db', 'lifecycle').start()
    await bed.ability('db', 'sql').query('create table small (id int)')
  })
})
