import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readRecord } from '../../src/reports/index.ts'

const CLI = 'src/app/cli.mjs'
const FEW_HOSTS = 'test/fixtures/scenarios/hosts/few-hosts.yaml'
const WRONG_ROUTE = 'test/fixtures/scenarios/hosts/wrong-route.yaml'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-drill-run-'))
})
afterEach(async () => {
  await drill('clean').ended
  await rm(folder, { recursive: true, force: true })
})

/** The real command line on a state directory of its own. */
function drill(...argv: string[]) {
  const child = spawn(process.execPath, [CLI, ...argv], {
    env: { ...process.env, GENESIS_DRILL_STATE: join(folder, 'state'), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const heard = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', part => {
      text += part
      for (const listener of heard) listener()
    })
  const ended = new Promise<{ code: number | null; text: string }>(resolve =>
    child.on('close', code => resolve({ code, text })),
  )
  return {
    child,
    ended,
    /** Until it has said this; fails when it ends before. */
    says: (words: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => text.includes(words) && resolve()
        heard.add(look)
        look()
        child.once('close', () => reject(new Error(`ended without saying ${JSON.stringify(words)}:\n${text}`)))
      }),
  }
}

const run = (scenario: string, ...more: string[]) =>
  drill('run', scenario, '--runtime', 'process', '--reports', join(folder, 'reports'), ...more)

/** The record of the only run in the archive, and its folder. */
async function archived(name: string) {
  const [id = ''] = await readdir(join(folder, 'reports', name))
  const directory = join(folder, 'reports', name, id)
  return { directory, record: await readRecord(join(directory, 'record.json')) }
}

/** Processes that carry this state directory in their environment or command line. */
async function left(): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    const [command, environment] = await Promise.all(
      ['cmdline', 'environ'].map(file => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    )
    if (`${command}${environment}`.includes(folder) && command !== '') found.push(command?.replaceAll('\0', ' ') ?? '')
  }
  return found
}

const stateIsEmpty = async () => (await readdir(join(folder, 'state', 'runs')).catch(() => [])).length === 0

test('a scenario on real engines: the alert fires in its time, is delivered, resolves; the reports tell it', async () => {
  const { code, text } = await run(FEW_HOSTS).ended
  expect(text).toContain('on-call was told by webhook: FewHostsOnline firing')
  expect({ code, text }).toMatchObject({ code: 0 })
  const { directory, record } = await archived('few-hosts')
  expect(record.verdict).toBe('met')
  const [scenario] = record.scenarios
  expect(scenario?.findings.map(({ verdict }) => verdict)).not.toContain('unmet')
  const detected = scenario?.measures.find(({ name }) => name === 'timeToDetect')
  // The metric drops after 4 minutes of play, and `for` is 5 minutes.
  expect(detected?.value).toBeGreaterThan(8 * 60)
  expect(detected?.value).toBeLessThan(12 * 60)
  expect(scenario?.timeline.some(event => event.event === 'sample' && event.threshold === 5)).toBe(true)
  expect(await readdir(directory)).toEqual(
    expect.arrayContaining(['report.html', 'junit.xml', 'summary.md', 'metrics.prom', 'timeline.jsonl']),
  )
  expect(await readFile(join(directory, 'record.json'), 'utf8')).not.toContain('SECRET-TOKEN')
  expect(text.trimEnd().split('\n').at(-1)).toContain('report.html')
  expect(await left()).toEqual([])
  expect(await stateIsEmpty()).toBe(true)
})

test('a route that leads elsewhere is unmet, and the reason says where it led and why', async () => {
  const { code, text } = await run(WRONG_ROUTE).ended
  expect({ code, text }).toMatchObject({ code: 1 })
  const { record } = await archived('wrong-route')
  const finding = record.scenarios[0]?.findings.find(({ verdict }) => verdict === 'unmet')
  expect(finding?.message).toContain('it arrived at everybody via slack instead')
  const tree = finding?.evidence.find(({ title }) => title.startsWith('Where the route tree sends'))
  expect(tree).toMatchObject({ kind: 'text', text: expect.stringContaining('goes to: everybody') })
})

test('SIGINT rolls back, writes a record of verdict unknown and leaves nothing', async () => {
  const running = run(FEW_HOSTS)
  await running.says('fault injected')
  running.child.kill('SIGINT')
  const { code, text } = await running.ended
  expect({ code, text }).toMatchObject({ code: 2 })
  expect(text).toContain('rolled back: play web')
  const { record } = await archived('few-hosts')
  expect(record.verdict).toBe('unknown')
  expect(record.failure?.message).toContain('SIGINT')
  expect(await left()).toEqual([])
  expect(await stateIsEmpty()).toBe(true)
})

test('SIGTERM while booting ends at once and leaves nothing', async () => {
  const running = run(FEW_HOSTS)
  await running.says('is ready after')
  running.child.kill('SIGTERM')
  const { code, text } = await running.ended
  expect({ code, text }).toMatchObject({ code: 2 })
  expect(text).not.toContain('fault injected')
  expect(await left()).toEqual([])
})

test('after kill -9, clean says what was rolled back and leaves nothing', async () => {
  const running = run(FEW_HOSTS)
  await running.says('fault injected')
  running.child.kill('SIGKILL')
  await running.ended
  const { code, text } = await drill('clean').ended
  expect({ code, text }).toMatchObject({ code: 0 })
  expect(text).toContain('fault play web of scenario few-hosts')
  expect(await left()).toEqual([])
  expect(await stateIsEmpty()).toBe(true)
  expect((await drill('clean').ended).text).toBe('Nothing was left behind.\n')
})
