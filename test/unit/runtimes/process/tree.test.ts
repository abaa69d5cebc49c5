import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { freeze, identify, isRunning, killTree, thaw, tree, untilDead } from '../../../../src/runtimes/process/tree.ts'

/** A shell with a child that has left its process group and session, and a grandchild of that. */
async function family(): Promise<{ root: number; ended: Promise<unknown> }> {
  const child = spawn('sh', ['-c', 'setsid sh -c "sleep 600 & echo ready; wait" & wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  return { root: child.pid ?? 0, ended }
}

describe('a process tree', () => {
  it('is killed as a whole, also where children have left the group', async () => {
    const { root, ended } = await family()
    const all = tree(root)
    expect(all.length).toBeGreaterThanOrEqual(3)
    expect(all.every(isRunning)).toBe(true)
    await killTree(root)
    await ended
    expect(await untilDead(all, 0)).toEqual([])
    await killTree(root)
  })

  it('stands still as a whole and goes on', async () => {
    const { root, ended } = await family()
    try {
      const stopped = freeze(root)
      expect(stopped.length).toBeGreaterThanOrEqual(3)
      expect(await states(stopped)).toEqual(new Set(['T']))
      thaw(root)
      expect(await states(stopped)).toEqual(new Set(['S']))
    } finally {
      await killTree(root)
      await ended
    }
  })

  it('never takes a later process for an earlier one with the same pid', () => {
    const us = identify(process.pid)
    expect(us && isRunning(us)).toBe(true)
    expect(isRunning({ pid: process.pid, started: '1' })).toBe(false)
    expect(identify(2 ** 22 + 1)).toBeUndefined()
  })
})

async function states(processes: readonly { pid: number }[]): Promise<Set<string>> {
  const { readFile } = await import('node:fs/promises')
  const { setTimeout: sleep } = await import('node:timers/promises')
  await sleep(50)
  const lines = await Promise.all(processes.map(({ pid }) => readFile(`/proc/${pid}/stat`, 'utf8')))
  return new Set(lines.map(line => line.slice(line.lastIndexOf(')') + 2)[0] ?? ''))
}
