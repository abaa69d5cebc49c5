import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-drill-cli-'))
  await mkdir(join(folder, '.git'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const drill = (...words: string[]) =>
  execa(process.execPath, ['src/app/cli.mjs', ...words], {
    reject: false,
    env: { NO_COLOR: '1', GENESIS_DRILL_STATE: join(folder, 'state') },
  })

test('the help names every command and the exit codes', async () => {
  const { stdout, exitCode } = await drill('--help')
  expect(exitCode).toBe(0)
  for (const command of [
    'run',
    'validate',
    'check',
    'coverage',
    'mutate',
    'generate',
    'init',
    'audit',
    'scale',
    'report',
    'metrics',
    'sla',
    'kinds',
    'schema',
    'doctor',
    'clean',
  ])
    expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
  expect(stdout).toMatch(/0 met, 1 unmet, 2 unknown, 3 rollback failed/)
})

test("an unknown command or option is the author's error", async () => {
  expect((await drill('rnu', 'x.yaml')).exitCode).toBe(64)
  const { exitCode, stderr } = await drill('scale', '--time-scale', 'fast', 'x.yml')
  expect(exitCode).toBe(64)
  expect(stderr).toMatch(/expected a number from 1 to 10000/)
})

test('the drills of the repository are valid', async () => {
  const { stdout, exitCode } = await drill('validate', 'drills/quickstart.yaml', 'drills/monthly-dr.yaml')
  expect(stdout).toMatch(/quickstart: 3 scenarios, no problem/)
  expect(stdout).toMatch(/monthly-dr: \d+ scenarios, no problem/)
  expect(exitCode).toBe(0)
})

test('a wrong scenario is told with its places, starts nothing and exits 64', async () => {
  const file = join(folder, 'wrong.yaml')
  await writeFile(
    file,
    'scenario: wrong\ntitel: x\nservices: { primary: { kind: postgre } }\nfaults: [{ kind: kil }]\nmonitoring: {}\n',
  )
  for (const command of ['validate', 'run']) {
    const { stderr, stdout, exitCode } = await drill(command, file)
    expect(exitCode).toBe(64)
    expect(stderr).toMatch(/wrong\.yaml:2:1: unknown key "titel", did you mean "title"\?/)
    expect(stderr).toMatch(/wrong\.yaml:3:\d+: unknown service kind "postgre", did you mean "postgres"\?/)
    expect(stderr).toMatch(/wrong\.yaml:4:\d+: unknown fault kind "kil", did you mean "kill"\?/)
    expect(stdout).not.toMatch(/Runtime:/)
  }
  const { problems, valid } = JSON.parse((await drill('validate', '--json', file)).stdout)
  expect(valid).toBe(false)
  expect(problems.length).toBeGreaterThanOrEqual(3)
})

test('a file that is not there', async () => {
  const { stderr, exitCode } = await drill('run', join(folder, 'none.yaml'))
  expect(exitCode).toBe(64)
  expect(stderr).toMatch(/none\.yaml does not exist/)
})

test('kinds lists every family, and one kind with its keys and an example', async () => {
  const { stdout } = await drill('kinds')
  for (const family of ['services', 'faults', 'actions', 'expectations', 'probes'])
    expect(stdout).toMatch(new RegExp(`^${family}$`, 'm'))
  expect(stdout).not.toMatch(/^ {2}alertmanager /m)
  const one = await drill('kinds', 'replication-lag')
  expect(one.stdout).toMatch(/service: string, required/)
  expect(one.stdout).toMatch(/kind: replication-lag/)
  const slip = await drill('kinds', 'replication-lga')
  expect(slip.exitCode).toBe(64)
  expect(slip.stderr).toMatch(/did you mean "replication-lag"\?/)
})

test('schema prints what schema/ holds', async () => {
  const { stdout, exitCode } = await drill('schema', 'scenario')
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ title: 'Genesis Drill scenario', additionalProperties: false })
})

test('doctor says which runtimes can be used', async () => {
  const { stdout, exitCode } = await drill('doctor', '--json')
  const { usable, programs } = JSON.parse(stdout)
  expect(exitCode).toBe(usable.length > 0 ? 0 : 69)
  expect(programs.map((one: { program: string }) => one.program)).toContain('prometheus')
})

test('clean with nothing to clean', async () => {
  const { exitCode } = await drill('clean')
  expect(exitCode).toBe(0)
})

test('a missing program is told with how to get it', async () => {
  const file = join(folder, 'good.yaml')
  await writeFile(
    file,
    `scenario: good
title: x
monitoring: {}
services: { cache: { kind: redis }, played: { kind: series, interval: 15s, series: { 'a{job="b"}': '1x9' } } }
faults: [{ kind: play, service: played }]
`,
  )
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    ['src/app/cli.mjs', 'run', file, '--runtime', 'container', '--reports', folder],
    {
      reject: false,
      env: { NO_COLOR: '1', GENESIS_DRILL_STATE: join(folder, 'state'), DOCKER_HOST: 'tcp://127.0.0.1:1' },
    },
  )
  expect(exitCode).toBe(69)
  expect(stdout + stderr).toMatch(/Docker|engine/i)
})
