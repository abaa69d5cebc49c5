import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { actions } from '../../../src/actions/index.ts'
import type { Finding } from '../../../src/model/finding.ts'
import { StepFailure } from '../../../src/model/step-failure.ts'
import { FakeServer, fakeRun } from '../../fakes/run.ts'

const servers = () => [
  new FakeServer('primary'),
  new FakeServer('standby', { upstream: 'primary' }),
  new FakeServer('db'),
]
const perform = <Spec>(
  action: { spec: { parse(value: unknown): Spec }; perform(spec: Spec, run: never): unknown },
  spec: unknown,
  run: unknown,
) => Promise.resolve(action.perform(action.spec.parse(spec), run as never))

/** What a step throws with its evidence. */
async function failureOf(step: Promise<unknown>): Promise<StepFailure> {
  const thrown: unknown = await step.then(
    () => undefined,
    reason => reason,
  )
  if (thrown instanceof StepFailure) return thrown
  throw new Error(`expected the step to fail, got ${String(thrown)}`)
}

/** The text that a failure shows last: of a command, its output. */
function lastText({ evidence }: StepFailure): string {
  const last = evidence.at(-1)
  return last?.kind === 'text' ? last.text : ''
}

describe('failover', () => {
  test('promoting a primary fails with what it is', async () => {
    const run = fakeRun({ servers: servers() })
    await expect(perform(actions.promote, { service: 'primary' }, run)).rejects.toThrow('it is a primary already')
  })

  test('a failback stops the present primary before the other one takes over, and moves the clients', async () => {
    const run = fakeRun({ servers: servers() })
    const [primary, standby, db] = ['primary', 'standby', 'db'].map(name => run.server(name))
    await perform(actions.failback, { to: 'standby', from: 'primary', endpoint: 'db' }, run)
    expect(primary).toMatchObject({ upstream: 'standby', calls: ['stop', 'rebuild'] })
    expect(standby).toMatchObject({ upstream: undefined, calls: ['promote'] })
    expect(db?.target).toBe('standby')
  })

  test('a failback to a server that does not follow is refused before anything is stopped', async () => {
    const run = fakeRun({ servers: servers() })
    await expect(perform(actions.failback, { to: 'primary', from: 'standby' }, run)).rejects.toThrow(
      'primary was expected to follow standby, but it follows nobody',
    )
    expect(run.server('standby').running).toBe(true)
  })

  test('what is no endpoint cannot be repointed', async () => {
    const run = fakeRun({ servers: servers() })
    Object.assign(run.server('db').abilities.endpoint, { repoint: undefined })
    await expect(perform(actions.repoint, { service: 'db', to: 'standby' }, run)).rejects.toThrow(
      'db has an address of its own that leads nowhere else',
    )
  })
})

describe('restore-backup', () => {
  const mistake = (service: string, xid: string) =>
    ({ event: 'mistake', service, xid, began: 5, beganWall: 1_000_000, statement: 'drop table orders' }) as const

  test('restores to just before the first mistake on that service', async () => {
    const run = fakeRun({ servers: servers() })
    await run.server('primary').backups.take()
    run.append(mistake('standby', '600'))
    run.append(mistake('primary', '700'))
    run.append(mistake('primary', '701'))
    await perform(actions['restore-backup'], { service: 'primary', to: 'before-mistake' }, run)
    expect(run.server('primary').backups.restored).toEqual({ to: { beforeXid: '700', began: 1_000_000 } })
  })

  test('without a mistake there is nothing to go back before', async () => {
    const run = fakeRun({ servers: servers() })
    run.append(mistake('standby', '600'))
    await expect(perform(actions['restore-backup'], { service: 'primary', to: 'before-mistake' }, run)).rejects.toThrow(
      /no mistake was made on primary in this run.*mistakes were made on standby/,
    )
  })

  test('an unknown set is refused with those that there are', async () => {
    const run = fakeRun({ servers: servers() })
    await run.server('primary').backups.take()
    await expect(perform(actions['restore-backup'], { service: 'primary', set: 'set-9' }, run)).rejects.toThrow(
      'primary has no backup set "set-9"; there are: set-1',
    )
    expect(run.server('primary').backups.restored).toBeUndefined()
  })

  test('an instant must have a zone, and no date is guessed', () => {
    const { spec } = actions['restore-backup']
    expect(spec.safeParse({ service: 'primary', to: { time: 'yesterday' } }).success).toBe(false)
    expect(spec.safeParse({ service: 'primary', to: { time: '2026-05-01T12:00:00' } }).success).toBe(false)
    expect(spec.safeParse({ service: 'primary', to: { time: '2026-05-01T12:00:00Z' } }).success).toBe(true)
  })
})

test('a damaged backup fails its verification with the reason', async () => {
  const run = fakeRun({ servers: servers() })
  const { backups } = run.server('primary')
  await backups.take()
  await perform(actions['verify-backup'], { service: 'primary' }, run)
  await backups.corrupt()
  await expect(perform(actions['verify-backup'], { service: 'primary' }, run)).rejects.toThrow(
    'backup set set-1 of primary was expected to be intact, but it is damaged: checksum mismatch',
  )
})

describe('verify and wait-for', () => {
  const findings: Record<string, Finding> = {
    good: { verdict: 'met', message: 'all is well', evidence: [] },
    bad: { verdict: 'unmet', message: 'expected 3, seen: 2', evidence: [{ kind: 'text', title: 'why', text: 'lost' }] },
    dark: { verdict: 'unknown', message: 'nobody answers', evidence: [] },
  }
  const asked: { kind: string; withinMs: number }[] = []
  const run = fakeRun({
    check: async (expectation, withinMs) => {
      const { kind } = expectation as { kind: string }
      asked.push({ kind, withinMs })
      return findings[kind] ?? { verdict: 'unknown', message: 'no such', evidence: [] }
    },
  })

  test('every expectation must be met; the failure names those that are not and keeps the evidence of all', async () => {
    const failure = await failureOf(
      perform(actions.verify, { within: '3s', expect: [{ kind: 'good' }, { kind: 'bad' }, { kind: 'dark' }] }, run),
    )
    expect(failure.message).toBe(
      '2 of 3 expectations are not met after 3 s: expected 3, seen: 2; unknown: nobody answers',
    )
    expect(JSON.stringify(failure.evidence)).toContain('lost')
    expect(asked).toContainEqual({ kind: 'bad', withinMs: 3_000 })
  })

  test('what is met is told as evidence', async () => {
    expect(await perform(actions['wait-for'], { expect: { kind: 'good' } }, run)).toEqual([
      { kind: 'text', title: 'met', text: 'all is well' },
    ])
  })
})

describe('automatic', () => {
  const operation = (outcome: 'ok' | 'failed', count: number, until: number) =>
    ({ event: 'probe', probe: 'orders', outcome, count, until, tookMs: 1 }) as const

  test('successes from before the step prove nothing; three in a row after it do', async () => {
    const run = fakeRun({ probes: ['orders'] })
    run.append(operation('ok', 50, run.clock.now()))
    setTimeout(() => run.append(operation('failed', 1, run.clock.now())), 30)
    setTimeout(() => run.append(operation('ok', 3, run.clock.now())), 60)
    const began = run.clock.now()
    const evidence = await perform(actions.automatic, { probe: 'orders', within: '10s' }, run)
    expect(run.clock.now() - began).toBeGreaterThan(50)
    expect(JSON.stringify(evidence)).toContain('probe orders succeeds again')
  })

  test('a system that does not heal itself fails the step with the last outcome', async () => {
    const run = fakeRun({ probes: ['orders'] })
    const timer = setInterval(() => run.append(operation('failed', 2, run.clock.now())), 10)
    await expect(perform(actions.automatic, { probe: 'orders', within: '100ms' }, run)).rejects.toThrow(
      /probe orders was expected to succeed 3 times in a row, its last operation ended as failed/,
    )
    clearInterval(timer)
  })

  test('an unknown probe is named with the nearest one', async () => {
    const run = fakeRun({ probes: ['orders'] })
    await expect(perform(actions.automatic, { probe: 'order' }, run)).rejects.toThrow('did you mean "orders"?')
  })
})

describe('manual', () => {
  test('is refused where nobody can be asked', async () => {
    await expect(perform(actions.manual, { ask: 'Switch DNS' }, fakeRun())).rejects.toThrow(
      `"Switch DNS" needs a person's confirmation, and there is no terminal to ask one on`,
    )
  })

  test('records who confirmed, and fails when the person says so', async () => {
    const answering = (answer: 'done' | 'failed') =>
      fakeRun({ person: { confirm: async () => ({ who: 'alice', answer }) } })
    const evidence = await perform(actions.manual, { ask: 'Switch DNS' }, answering('done'))
    expect(JSON.stringify(evidence)).toContain('"who":"alice"')
    await expect(perform(actions.manual, { ask: 'Switch DNS' }, answering('failed'))).rejects.toThrow(
      'alice answered that "Switch DNS" failed',
    )
  })
})

describe('command', () => {
  const run = () => fakeRun({ servers: [new FakeServer('primary')] })

  test('no shell reads the arguments', async () => {
    const evidence = await perform(actions.command, { argv: ['echo', '$HOME; echo no'] }, run())
    expect(evidence).toContainEqual(expect.objectContaining({ text: '$HOME; echo no\n' }))
  })

  test('an exit code other than 0 is a failure that shows the end of the output', async () => {
    const failure = await failureOf(perform(actions.command, { shell: 'seq 1 1000; echo broken >&2; exit 3' }, run()))
    expect(failure.message).toContain('ended with exit code 3, expected 0')
    const output = lastText(failure)
    expect(output).toContain('1000\nbroken')
    expect(output).not.toContain('\n500\n')
  })

  test('one that hangs is killed with its children', async () => {
    const failure = await failureOf(
      perform(actions.command, { shell: 'sleep 60 & echo $!; wait', within: '300ms' }, run()),
    )
    expect(failure.message).toContain('did not end within 0.3 s and was killed')
    const child = Number(lastText(failure))
    expect(child).toBeGreaterThan(1)
    await expect.poll(() => alive(child)).toBe(false)
  })

  test('it gets the addresses of services, and of the harness only what is passed; that is never shown', async () => {
    process.env['DRILL_TEST_TOKEN'] = 'very-secret'
    process.env['DRILL_TEST_OTHER'] = 'not-for-it'
    try {
      const evidence = await perform(
        actions.command,
        {
          shell:
            'echo "$GENESIS_DRILL_PRIMARY_HOST:$GENESIS_DRILL_PRIMARY_PORT [$DRILL_TEST_TOKEN] [$DRILL_TEST_OTHER]"',
          pass: ['DRILL_TEST_TOKEN'],
        },
        run(),
      )
      expect(JSON.stringify(evidence)).toContain('127.0.0.1:9 [***] []')
      expect(JSON.stringify(evidence)).not.toContain('very-secret')
    } finally {
      delete process.env['DRILL_TEST_TOKEN']
      delete process.env['DRILL_TEST_OTHER']
    }
  })

  test('a program that does not exist is told apart from one that failed', async () => {
    await expect(perform(actions.command, { argv: ['/no/such/program'] }, run())).rejects.toThrow(
      'could not be started (ENOENT)',
    )
  })
})

/** A zombie that nobody reaps is dead too. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return !readStat(pid).includes(') Z ')
}

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ') Z '
  }
}
