import { expect, test } from 'vitest'
import { damageBook, type PreparedFault } from '../../../src/run/damage.ts'
import { startTimeline } from '../../../src/run/timeline.ts'
import { fault, listedJournal } from '../../fakes/run-parts.ts'

function book(list: string[], options: { rollbackMs?: number; injectMs?: number; signal?: AbortSignal } = {}) {
  const timeline = startTimeline(1)
  const damage = damageBook({
    scenario: 'lost-primary',
    timeline,
    journal: listedJournal(list),
    rollbackMs: 200,
    injectMs: 200,
    signal: new AbortController().signal,
    ...options,
  })
  return { damage, timeline, events: () => timeline.events.map(({ event }) => event) }
}

function prepared(name: string, list: string[], over: Partial<PreparedFault> = {}): PreparedFault {
  return {
    fault: fault(name),
    inject: async () => {
      list.push(`inject ${name}`)
      return []
    },
    rollback: async () => void list.push(`rollback ${name}`),
    ...over,
  }
}

test('the journal is on disk before the injection, and rollback runs newest first', async () => {
  const list: string[] = []
  const { damage, events } = book(list)
  await damage.inject(prepared('a', list))
  await damage.inject(prepared('b', list))
  await damage.rollback()
  expect(list).toEqual([
    'journal fault.injecting',
    'inject a',
    'journal fault.injected',
    'journal fault.injecting',
    'inject b',
    'journal fault.injected',
    'rollback b',
    'journal fault.rolled-back',
    'rollback a',
    'journal fault.rolled-back',
  ])
  expect(events().filter(event => event === 'fault.rolled-back')).toHaveLength(2)
  expect(damage.remaining).toEqual([])
})

test('an injection that fails half-way is rolled back all the same', async () => {
  const list: string[] = []
  const { damage, events } = book(list)
  const broken = prepared('a', list, { inject: () => Promise.reject(new Error('permission denied')) })
  await expect(damage.inject(broken)).rejects.toThrow('permission denied')
  await damage.rollback()
  expect(list).toContain('rollback a')
  expect(events()).toContain('fault.failed')
  expect(damage.faults[0]?.injectedAt).toBeUndefined()
})

test('a rollback that fails is told with the command that undoes it, keeps nobody else from it, and is tried again', async () => {
  const list: string[] = []
  const { damage } = book(list)
  let tries = 0
  await damage.inject(prepared('a', list))
  await damage.inject(
    prepared('b', list, {
      rollback: async () => {
        if (++tries === 1) throw new Error('cannot start')
      },
    }),
  )
  await damage.rollback()
  expect(list).toContain('rollback a')
  expect(damage.remaining).toEqual([
    {
      what: expect.stringContaining('fault b (fake) of scenario lost-primary: cannot start'),
      undo: 'genesis-drill clean',
    },
  ])
  await damage.rollback()
  expect(damage.remaining).toEqual([])
})

test('a rollback that hangs has a budget of its own', async () => {
  const list: string[] = []
  const { damage } = book(list, { rollbackMs: 30 })
  await damage.inject(prepared('a', list, { rollback: () => new Promise(() => {}) }))
  await damage.rollback()
  expect(damage.remaining[0]?.what).toContain('did not end within 30 ms')
})

test('after an interruption nothing more is broken, and what is broken is still undone', async () => {
  const list: string[] = []
  const controller = new AbortController()
  const { damage } = book(list, { signal: controller.signal })
  await damage.inject(prepared('a', list))
  controller.abort(new Error('SIGINT'))
  await expect(damage.inject(prepared('b', list))).rejects.toThrow('SIGINT')
  await damage.rollback()
  expect(list).not.toContain('inject b')
  expect(list).toContain('rollback a')
})

test('an injection that was given up is waited for before it is undone', async () => {
  const list: string[] = []
  const { damage } = book(list, { injectMs: 20 })
  const slow = prepared('a', list, {
    inject: async () => {
      await new Promise(resolve => setTimeout(resolve, 60))
      list.push('inject a')
      return []
    },
  })
  await expect(damage.inject(slow)).rejects.toThrow('did not end within 20 ms')
  await damage.rollback()
  expect(list.indexOf('rollback a')).toBeGreaterThan(list.indexOf('inject a'))
  expect(list).toContain('inject a')
})
