import { describe, expect, test } from 'vitest'
import { parseListing } from '../../../../src/services/postgres/archive.ts'
import { postgresSet } from '../../../../src/services/postgres/backup-set.ts'
import { damageIn } from '../../../../src/services/postgres/pgbackrest.ts'
import { postgres } from '../../../../src/services/postgres.ts'

const set = (id: string, segment: string) => {
  const range = { timeline: 1, startLsn: `0/${segment}00028`, stopLsn: `0/${segment}00100` }
  return postgresSet(id, range, { startedAt: 1, stoppedAt: 2, sizeBytes: 1 })
}
const [first, second] = [set('20261128-064026F', '15'), set('20261128-064126F', '16')]

// As pgbackrest 2.45 prints it.
const stdout = `stanza: db
status: error
  archiveId: 15-1, total WAL checked: 6, total valid WAL: 5
    missing: 0, checksum invalid: 0, size invalid: 0, other: 1
  backup: 20261128-064026F, status: invalid, total files checked: 965, total valid files: 964
    missing: 0, checksum invalid: 1, size invalid: 0, other: 0
  backup: 20261128-064126F, status: valid, total files checked: 965, total valid files: 965
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
`
const file = "INFO: invalid checksum '20261128-064026F/pg_data/base/5/16384.lz4'"
const wal =
  'INFO: invalid result 15-1/0000000100000000/000000010000000000000016-eabce39abf61d0696c092c179ee264489dcbe504.lz4: [29] raised'

describe('what pgbackrest verify says against a set', () => {
  test('its own damaged files, not those of others', () => {
    const stderr = `INFO: verify command begin\n${file}\n`
    expect(damageIn({ stdout, stderr }, first)).toEqual([file.slice('INFO: '.length)])
    expect(damageIn({ stdout, stderr }, second)).toEqual([])
  })

  test('damaged WAL that the set itself needs', () => {
    expect(damageIn({ stdout, stderr: wal }, second)).toEqual([expect.stringContaining('000000010000000000000016')])
  })

  test('a set that is not valid for a reason that names no file, and one that is not listed', () => {
    expect(damageIn({ stdout, stderr: '' }, first)).toEqual(['pgbackrest verify: 20261128-064026F is invalid'])
    expect(damageIn({ stdout: 'stanza: db\n', stderr: '' }, first)[0]).toContain('does not list 20261128-064026F')
  })
})

test('the archive is read with the names that pgbackrest gives', () => {
  const path = '15-1/0000000100000000/00000001000000000000000F'
  const listing = [
    `S ${path}-20b9b8d7649f1ea7f92b19e3420d7acef0a51fcc.lz4 1.5`,
    `S ${path}.00000028.backup 1.5`,
    `S ${path}-20b9b8d7649f1ea7f92b19e3420d7acef0a51fcc.lz4.pgbackrest.tmp 1.5`,
    'S archive.info 1.5',
    'H 00000002.history 1\t0/200080\tx',
  ].join('\n')
  expect(parseListing(listing).segments).toEqual([
    {
      name: '00000001000000000000000F',
      archivedAt: 1_500,
      file: `${path}-20b9b8d7649f1ea7f92b19e3420d7acef0a51fcc.lz4`,
    },
  ])
  expect(parseListing(listing).histories.get(2)).toContain('0/200080')
})

test('a scenario is refused where pgbackrest cannot serve', () => {
  const problem = (spec: unknown) => postgres.spec.safeParse(spec).error?.issues[0]
  const backups = { every: '10s', tool: 'pgbackrest' }
  expect(problem({ backups })).toBeUndefined()
  expect(problem({ backups: { ...backups, archive: false } })?.message).toMatch(/needs the WAL archive/)
  expect(problem({ standbyOf: 'primary', backups })?.message).toMatch(/give them to primary/)
  expect(problem({ backups: { ...backups, tool: 'barman' } })?.path).toEqual(['backups', 'tool'])
})
