import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { findCommands, versionIn } from '../../../src/runtimes/binaries.ts'

describe('the version in what a program prints', () => {
  it.each([
    ['prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5+deb12u1)', '2.42.0+ds'],
    ['postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', '15.18'],
    ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=8a9b', '7.0.15'],
    ['INFO[0000] Redis Metrics Exporter v1.69.0    build date: 2025', '1.69.0'],
    ['postgres_exporter, version 0.17.1 (branch: HEAD)', '0.17.1'],
    ['no idea', 'unknown'],
  ])('%s', (text, version) => {
    expect(versionIn(text)).toBe(version)
  })
})

describe('looking for programs', () => {
  it('takes the main program on PATH and its tools beside it, by any of their names', async () => {
    const root = await mkdtemp(join(tmpdir(), 'drill-path-'))
    try {
      const [first, second] = [join(root, 'first'), join(root, 'second')]
      await program(first, 'pg_rewind')
      for (const name of ['postgres', 'initdb', 'pg_rewind', 'prometheus-alertmanager']) await program(second, name)
      await writeFile(join(first, 'postgres'), 'not executable')
      vi.stubEnv('PATH', `${first}:${second}`)
      expect(findCommands('postgres').get('postgres')).toBe(join(second, 'postgres'))
      expect(findCommands('postgres').get('pg_rewind')).toBe(join(second, 'pg_rewind'))
      expect(findCommands('alertmanager').get('alertmanager')).toBe(join(second, 'prometheus-alertmanager'))
    } finally {
      vi.unstubAllEnvs()
      await rm(root, { recursive: true })
    }
  })
})

async function program(folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), '#!/bin/sh\n')
  await chmod(join(folder, name), 0o755)
}
