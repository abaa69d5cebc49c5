import { execFileSync } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { archiveOf, onlyFile } from '../../../../src/runtimes/container/archive.ts'

const file = { path: '/etc/drill/rules.yml', content: 'ümlaut\n'.repeat(100), uid: 103, gid: 104, mode: 0o644 }

describe('an archive for a container', () => {
  it('is what tar itself understands: owners, modes, directories, contents', async () => {
    const bytes = await buffer(archiveOf([{ path: '/data', uid: 103, gid: 104, mode: 0o777 }, file]))
    const listing = execFileSync('tar', ['--numeric-owner', '-tvf', '-'], { input: bytes, encoding: 'utf8' })
    expect(listing).toMatch(/drwxrwxrwx 103\/104 .* data\/\n-rw-r--r-- 103\/104 +800 .* etc\/drill\/rules\.yml\n/)
    const content = execFileSync('tar', ['-xOf', '-', 'etc/drill/rules.yml'], { input: bytes, encoding: 'utf8' })
    expect(content).toBe(file.content)
  })

  it('gives its one file back', async () => {
    expect(await onlyFile(archiveOf([file]).pipe(new PassThrough()))).toBe(file.content)
  })

  it('refuses a path that it cannot hold', () => {
    expect(() => archiveOf([{ ...file, path: `/${'x'.repeat(200)}` }])).toThrow('too long')
  })
})
