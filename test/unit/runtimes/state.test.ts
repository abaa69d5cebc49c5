import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  claimRun,
  fate,
  journalFile,
  readOwner,
  releaseRun,
  removeStack,
  runDirectory,
  stackDirectory,
  stateDirectory,
  thisOwner,
} from '../../../src/runtimes/state.ts'

let state: string
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'drill-state-'))
})
afterEach(async () => {
  await rm(state, { recursive: true, force: true })
})

describe('where state is kept', () => {
  it('follows the environment', () => {
    expect(stateDirectory({ GENESIS_DRILL_STATE: '/srv/drill', XDG_STATE_HOME: '/xdg' })).toBe('/srv/drill')
    expect(stateDirectory({ XDG_STATE_HOME: '/xdg' })).toBe('/xdg/genesis-drill')
    expect(stateDirectory({})).toMatch(/\/\.local\/state\/genesis-drill$/)
  })

  it('a run cannot be named out of the state directory', () => {
    for (const name of ['../other', 'a/b', '', '.hidden', '..'])
      expect(() => runDirectory(state, name)).toThrow('cannot name a run')
  })
})

describe('an owner', () => {
  it('is alive while its process is, and never mistaken for a later one with its pid', () => {
    const us = thisOwner()
    expect(fate(us)).toBe('alive')
    expect(fate({ ...us, started: '1' })).toBe('dead')
    expect(fate({ ...us, pid: 2 ** 22 + 1 })).toBe('dead')
    expect(fate({ ...us, boot: 'an earlier one' })).toBe('dead')
    expect(fate({ ...us, host: 'another machine' })).toBe('elsewhere')
  })
})

describe('a run', () => {
  it('is claimed by one living harness only', async () => {
    await claimRun(state, 'r1')
    await claimRun(state, 'r1')
    expect(await readOwner(runDirectory(state, 'r1'))).toEqual(thisOwner())
    const parent = { ...thisOwner(), pid: process.ppid, started: null }
    await writeFile(join(runDirectory(state, 'r1'), 'owner.json'), JSON.stringify(parent))
    await expect(claimRun(state, 'r1')).rejects.toThrow(`run r1 belongs to process ${process.ppid}`)
    await writeFile(join(runDirectory(state, 'r1'), 'owner.json'), JSON.stringify({ ...parent, started: '1' }))
    await claimRun(state, 'r1')
    expect(await readOwner(runDirectory(state, 'r1'))).toEqual(thisOwner())
    expect(await readdir(join(state, 'runs'))).toEqual(['r1'])
  })

  it('keeps its journal when a stack is removed, and is forgotten when released', async () => {
    const first = await stackDirectory(state, 'r1')
    const second = await stackDirectory(state, 'r1')
    expect(second).not.toBe(first)
    await writeFile(journalFile(state, 'r1'), '{}\n')
    await removeStack(state, 'r1', first)
    await removeStack(state, 'r1', second)
    expect((await readdir(runDirectory(state, 'r1'))).sort()).toEqual(['journal.jsonl', 'owner.json'])
    await releaseRun(state, 'r1')
    expect(await readdir(state)).toEqual([])
  })

  it('without a journal is gone with its last stack', async () => {
    const stacks = [await stackDirectory(state, 'r1'), await stackDirectory(state, 'r1')]
    await removeStack(state, 'r1', stacks[0] ?? '')
    expect(await readdir(join(state, 'runs'))).toEqual(['r1'])
    await removeStack(state, 'r1', stacks[1] ?? '')
    expect(await readdir(state)).toEqual([])
  })

  it.runIf(process.getuid?.() === 0)('puts its data where the unprivileged user can reach them', async () => {
    const closed = join(state, 'closed')
    await mkdir(closed)
    await chmod(closed, 0o700)
    const stack = await stackDirectory(join(closed, 'state'), 'r-closed')
    expect(stack).toMatch(/^\/var\/tmp\/genesis-drill-0\//)
    await removeStack(join(closed, 'state'), 'r-closed', stack)
    expect(await readdir('/var/tmp/genesis-drill-0').catch(() => [])).not.toContain('r-closed')
  })
})
