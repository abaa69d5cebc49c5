import { beforeEach, describe, expect, test, vi } from 'vitest'
import { EnvironmentError } from '../../../src/model/errors.ts'
import type { Finding } from '../../../src/model/finding.ts'
import type { LoadedScenario, LoadedStep, TimedExpectation, Timing } from '../../../src/run/load/scenario.ts'
import { shield } from '../../../src/run/observer.ts'
import { runScenario } from '../../../src/run/scenario.ts'
import { listedJournal } from '../../fakes/run-parts.ts'
import { calmWorld, fakeRuntime, type World } from '../../fakes/run-stack.ts'

let world: World
let interrupt: AbortController

vi.mock('../../../src/run/load/registries.ts', async () => {
  const { fakeRegistries } = await import('../../fakes/run-stack.ts')
  return { registries: fakeRegistries(() => world) }
})
vi.mock('../../../src/run/stack.ts', async () => {
  const { fakeStack } = await import('../../fakes/run-stack.ts')
  return { boot: () => fakeStack(world) }
})

beforeEach(() => {
  world = calmWorld()
  interrupt = new AbortController()
})

const place = 'fake.yaml:1:1'
const named = (name: string) => ({ kind: 'fake', spec: { name }, place, name })
const step = (name: string, limit = 5): LoadedStep => ({ ...named(name), limit })
const expectation = (name: string, timing: Timing): TimedExpectation => ({
  kind: 'fake',
  spec: { name },
  place,
  timing,
  text: `fake ${name}`,
})
const soon: Timing = { when: 'within', until: 60 }
const unmet: Finding = { verdict: 'unmet', message: 'it is not so', evidence: [] }

function scenario(over: Partial<LoadedScenario> = {}): LoadedScenario {
  return {
    source: { file: 'fake.yaml', path: '/fake.yaml', text: '' },
    name: 'fake',
    title: 'A fake',
    system: 'test',
    monitoring: { rules: [], templates: [], scrapeInterval: 10, evaluationInterval: 10, externalLabels: {} },
    // One wall millisecond is one drill second.
    timeScale: 1000,
    services: [],
    probes: [],
    steady: [expectation('calm', { when: 'now' })],
    steadyFor: 0,
    faults: [
      { ...named('a'), at: 0 },
      { ...named('b'), at: 0 },
    ],
    expect: [expectation('alert', soon)],
    recover: [step('promote')],
    after: [expectation('resolved', soon)],
    objectives: {},
    observe: 0,
    ...over,
  }
}

async function run(over: Partial<LoadedScenario> = {}, timeScale?: number) {
  return runScenario({
    ...(timeScale === undefined ? {} : { timeScale }),
    scenario: scenario(over),
    journal: listedJournal(world.done),
    openRuntime: async () => fakeRuntime(),
    signal: interrupt.signal,
    person: undefined,
    observer: shield({}),
  })
}

const deeds = () => world.done.filter(deed => !deed.startsWith('journal'))
const verdicts = (record: { findings: readonly { list: string; verdict: string }[] }) =>
  record.findings.map(({ list, verdict }) => `${list} ${verdict}`)

test('a whole life: steady, journal before each injection, runbook, rollback newest first, steady again, dispose', async () => {
  const { record, failure } = await run()
  expect(world.done).toEqual([
    'journal scenario.started',
    'boot',
    'journal fault.injecting',
    'inject a',
    'journal fault.injected',
    'journal fault.injecting',
    'inject b',
    'journal fault.injected',
    'step promote',
    'rollback b',
    'journal fault.rolled-back',
    'rollback a',
    'journal fault.rolled-back',
    'dispose',
    'journal scenario.ended',
  ])
  expect(failure).toBeUndefined()
  expect(record.verdict).toBe('met')
  expect(verdicts(record)).toEqual(['steady met', 'expect met', 'after met', 'after met'])
  expect(
    record.timeline.filter(({ event }) => event === 'phase').map(event => 'phase' in event && event.phase),
  ).toEqual(['booting', 'steady', 'faults', 'observing', 'recovering', 'rolling-back', 'after', 'measuring', 'ended'])
})

test('no steady state: nothing is broken, the verdict is unknown', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    world.check = async () => {
      vi.advanceTimersByTime(5_000)
      return unmet
    }
    const { record } = await run()
    expect(deeds()).toEqual(['boot', 'dispose'])
    expect(record.verdict).toBe('unknown')
    expect(record.findings[0]?.message).toBe('no steady state: it is not so')
    expect(record.findings.at(-1)?.message).toContain('the steady state did not hold')
    expect(record.steps[0]?.outcome).toBe('not run')
  } finally {
    vi.useRealTimers()
  }
})

test('a client that is not served before the fault: nothing is broken', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    world.attempt = async () => 'failed'
    world.check = async name => {
      vi.advanceTimersByTime(5_000)
      return { verdict: 'met', message: name, evidence: [] }
    }
    const { record } = await run({ probes: [{ ...named('orders'), everyMs: 5 }] })
    expect(deeds()).not.toContain('inject a')
    expect(record.findings).toContainEqual(
      expect.objectContaining({ verdict: 'unknown', expectation: 'probe orders succeeds' }),
    )
  } finally {
    vi.useRealTimers()
  }
})

test('an expectation that is not met makes it unmet; recovery and rollback run all the same', async () => {
  world.check = async name => (name === 'alert' ? unmet : { verdict: 'met', message: name, evidence: [] })
  const { record } = await run()
  expect(record.verdict).toBe('unmet')
  expect(deeds()).toEqual(['boot', 'inject a', 'inject b', 'step promote', 'rollback b', 'rollback a', 'dispose'])
})

test('a check that throws is unknown, never unmet', async () => {
  world.check = async name => {
    if (name === 'alert') throw new Error('connection refused')
    return { verdict: 'met', message: name, evidence: [] }
  }
  const { record } = await run()
  expect(record.verdict).toBe('unknown')
  expect(record.findings.find(({ list }) => list === 'expect')?.message).toContain('connection refused')
})

test('an injection that fails: what was broken is undone, no runbook, unknown, and the reason is the first error', async () => {
  world.inject = async name => {
    if (name === 'b') throw new Error('b cannot be broken')
  }
  const { record, failure } = await run()
  expect(deeds()).toEqual(['boot', 'inject a', 'inject b', 'rollback b', 'rollback a', 'dispose'])
  expect(record.verdict).toBe('unknown')
  expect(record.errors).toEqual([{ message: 'b cannot be broken' }])
  expect(failure?.message).toBe('b cannot be broken')
  expect(record.steps[0]?.outcome).toBe('not run')
})

test('a rollback that fails hides neither the first error nor the other rollbacks, and is told as damage', async () => {
  world.perform = () => Promise.reject(new Error('the standby refused'))
  world.rollback = async name => {
    if (name === 'b') throw new Error('cannot start b')
  }
  const { record } = await run()
  expect(deeds()).toContain('rollback a')
  expect(record.steps[0]).toMatchObject({ outcome: 'failed', message: 'the standby refused' })
  expect(record.damage).toEqual([{ what: expect.stringContaining('cannot start b'), undo: 'genesis-drill clean' }])
})

test('a step that fails makes it unmet and ends the runbook; rollback still runs', async () => {
  world.perform = () => Promise.reject(new Error('the standby refused'))
  const { record } = await run({ recover: [step('promote'), step('repoint')] })
  expect(record.verdict).toBe('unmet')
  expect(deeds()).toEqual(['boot', 'inject a', 'inject b', 'step promote', 'rollback b', 'rollback a', 'dispose'])
  expect(record.findings.filter(({ list }) => list === 'after').map(({ message }) => message)).toEqual([
    'not looked at: recovery ended at step 1, promote',
  ])
})

test('a step that hangs ends at its own limit', async () => {
  world.perform = () => new Promise(() => {})
  const { record } = await run({ recover: [step('promote', 0.05)] })
  expect(record.steps[0]).toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining('did not end within 50 ms'),
  })
  expect(deeds()).toContain('rollback a')
})

test('the runbook may roll back itself; it is not done twice', async () => {
  await run({ recover: [step('rollback')] })
  expect(deeds().filter(deed => deed.startsWith('rollback'))).toEqual(['rollback b', 'rollback a'])
})

test('a boot that fails is the environment, and nothing is broken', async () => {
  world.boot = () =>
    Promise.reject(new EnvironmentError('postgres died', { lastLog: 'FATAL: no space left', advice: 'make room' }))
  const { record, failure } = await run()
  expect(deeds()).toEqual(['boot'])
  expect(failure?.exitCode).toBe(69)
  expect(record.errors).toEqual([{ message: 'postgres died', advice: 'make room', lastLog: 'FATAL: no space left' }])
  expect(record.verdict).toBe('unknown')
})

test('what cannot be removed at the end is told as damage', async () => {
  world.dispose = () => Promise.reject(new Error('process 42 does not die'))
  const { record } = await run()
  expect(record.damage[0]?.what).toContain('process 42 does not die')
})

describe('an interruption', () => {
  const at = {
    boot: () => {
      world.boot = async () => interrupt.abort(new Error('SIGINT'))
    },
    'the steady state': () => {
      world.check = async () => {
        interrupt.abort(new Error('SIGINT'))
        return unmet
      }
    },
    'an injection': () => {
      world.inject = async name => {
        if (name === 'a') interrupt.abort(new Error('SIGINT'))
      }
    },
    observation: () => {
      world.check = async name => {
        if (name === 'alert') interrupt.abort(new Error('SIGINT'))
        return name === 'alert' ? unmet : { verdict: 'met', message: name, evidence: [] }
      }
    },
    recovery: () => {
      world.perform = async () => {
        interrupt.abort(new Error('SIGINT'))
        await new Promise(() => {})
      }
    },
    'the time after recovery': () => {
      world.check = async name => {
        if (name === 'resolved') interrupt.abort(new Error('SIGINT'))
        return name === 'resolved' ? unmet : { verdict: 'met', message: name, evidence: [] }
      }
    },
  }
  test.each(Object.entries(at))(
    'during %s: everything broken is undone, a record is written, verdict unknown',
    async (_, arrange) => {
      arrange()
      const { record, failure } = await run()
      expect(record.verdict).toBe('unknown')
      expect(failure).toMatchObject({ message: 'interrupted: SIGINT', exitCode: 2 })
      expect(record.damage).toEqual([])
      const broken = deeds()
        .filter(deed => deed.startsWith('inject'))
        .map(deed => deed.replace('inject', 'rollback'))
      expect(deeds().filter(deed => deed.startsWith('rollback'))).toEqual(broken.toReversed())
      expect(deeds().at(-1)).toBe('dispose')
    },
  )
})

describe('engines that do not keep up', () => {
  /** Ever more evaluations are missed in the first so many boots. */
  const slowFor = (boots: number) => {
    let missed = 0
    let booted = 0
    world.boot = async () => {
      booted++
    }
    world.missed = () => {
      if (booted <= boots) missed += 20
      return missed
    }
  }

  test('are tried again at half the pace, and the record tells of both attempts', async () => {
    slowFor(1)
    const { record } = await run()
    expect(record).toMatchObject({
      verdict: 'met',
      timeScale: 500,
      attempts: [{ timeScale: 1000, verdict: 'unknown' }],
    })
    expect(deeds().filter(deed => deed === 'boot')).toHaveLength(2)
  })

  test('are given up after three attempts', async () => {
    slowFor(99)
    const { record } = await run()
    expect(record).toMatchObject({ verdict: 'unknown', timeScale: 250 })
    expect(record.attempts).toHaveLength(2)
  })

  test('are not tried at another pace than the one that was asked for at the command line', async () => {
    slowFor(99)
    const { record } = await run({}, 1000)
    expect(record).toMatchObject({ verdict: 'unknown', timeScale: 1000, attempts: [] })
  })
})

test('an observer that throws does not break the run', async () => {
  const observer = shield({
    event: () => {
      throw new Error('closed pipe')
    },
  })
  const { record } = await runScenario({
    scenario: scenario(),
    journal: listedJournal(world.done),
    openRuntime: async () => fakeRuntime(),
    signal: interrupt.signal,
    person: undefined,
    observer,
  })
  expect(record.verdict).toBe('met')
})
