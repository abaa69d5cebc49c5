import { expect, test } from 'vitest'
import { StepFailure } from '../../../src/model/step-failure.ts'
import type { LoadedStep } from '../../../src/run/load/scenario.ts'
import { recover } from '../../../src/run/recovery.ts'
import { startTimeline } from '../../../src/run/timeline.ts'

const step = (name: string, limit = 1): LoadedStep => ({ name, limit, kind: 'fake', spec: {}, place: 'fake.yaml:1:1' })
const never = new AbortController().signal
const seen = { kind: 'text', title: 'seen', text: 'timeline 1' } as const

test('steps run in order and carry their evidence and timing', async () => {
  const timeline = startTimeline(1)
  const { steps, failure } = await recover([step('promote'), step('repoint')], async () => [seen], timeline, never)
  expect(failure).toBeUndefined()
  expect(steps.map(({ name, outcome }) => [name, outcome])).toEqual([
    ['promote', 'done'],
    ['repoint', 'done'],
  ])
  expect(steps[0]?.evidence).toEqual([seen])
  expect(steps[0]?.endedAt).toBeLessThanOrEqual(steps[1]?.startedAt ?? 0)
})

test('a step that fails ends recovery with what it saw; those behind it are not run', async () => {
  const timeline = startTimeline(1)
  const done: string[] = []
  const { steps, failure } = await recover(
    [step('promote'), step('repoint')],
    async ({ name }) => {
      done.push(name)
      throw new StepFailure('the standby refused', [seen])
    },
    timeline,
    never,
  )
  expect(done).toEqual(['promote'])
  expect(failure).toBe('recovery ended at step 1, promote: the standby refused')
  expect(steps.map(({ outcome, evidence }) => [outcome, evidence.length])).toEqual([
    ['failed', 1],
    ['not run', 0],
  ])
})

test('a step that hangs fails at its own limit', async () => {
  const { steps } = await recover([step('promote', 0.03)], () => new Promise(() => {}), startTimeline(1), never)
  expect(steps[0]).toMatchObject({ outcome: 'failed', message: expect.stringContaining('did not end within 30 ms') })
})

test('an interruption ends the step under way', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('SIGTERM')), 20)
  const { steps } = await recover(
    [step('promote', 60), step('repoint')],
    () => new Promise(() => {}),
    startTimeline(1),
    controller.signal,
  )
  expect(steps.map(({ outcome }) => outcome)).toEqual(['failed', 'not run'])
  expect(steps[0]?.message).toBe('SIGTERM')
})
