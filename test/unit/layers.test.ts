import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

// A pattern that matches nothing is silently green, so each rule of the house is broken once on purpose.

const planted: readonly [from: string, to: string][] = [
  ['src/model/a.ts', '../promql/x.ts'],
  ['src/model/deep/a.ts', '../../run/x.ts'],
  ['src/promql/a.ts', '../monitoring/x.ts'],
  ['src/monitoring/a.ts', '../services/x.ts'],
  ['src/runtimes/a.ts', '../services/x.ts'],
  ['src/services/a.ts', '../faults/x.ts'],
  ['src/services/deep/a.ts', '../../runtimes/x.ts'],
  ['src/faults/a.ts', '../services/x.ts'],
  ['src/faults/data/a.ts', '../../actions/x.ts'],
  ['src/actions/a.ts', '../expectations/x.ts'],
  ['src/expectations/a.ts', '../probes/x.ts'],
  ['src/probes/a.ts', '../run/x.ts'],
  ['src/reports/a.ts', '../run/x.ts'],
  ['src/run/a.ts', '../reports/x.ts'],
  ['src/run/load/a.ts', '../../app/x.ts'],
  ['src/regression/check/a.ts', '../../run/x.ts'],
  ['src/regression/a.ts', '../faults/x.ts'],
  ['src/sla/a.ts', '../run/x.ts'],
]
const pure = ['model', 'promql', 'monitoring']

let folder: string
let output: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-drill-layers-'))
  await promisify(execFile)('git', ['init', '-q', folder])
  await copyFile('biome.json', join(folder, 'biome.json'))
  for (const [from, to] of planted) {
    await plant(join(dirname(from), to), 'export const x = 1\nexport type X = 1\n')
    await plant(from, `export { x } from '${to}'\n`)
    await plant(from.replace('a.ts', 'types.ts'), `export type { X } from '${to}'\n`)
  }
  for (const part of pure)
    await plant(
      `src/${part}/machine.ts`,
      "export { readFile } from 'node:fs/promises'\nexport { join } from 'node:path'\n",
    )
  await plant('src/run/down.ts', "export { x } from '../services/x.ts'\n")
  await plant('src/model/cycle-a.ts', "import type { B } from './cycle-b.ts'\nexport interface A { b: B }\n")
  await plant('src/model/cycle-b.ts', "import type { A } from './cycle-a.ts'\nexport interface B { a: A }\n")
  await plant('src/model/floating.ts', 'export async function a() {}\nexport function b() {\n  a()\n}\n')
  await plant(
    'src/model/switch.ts',
    "export function c(x: 'a' | 'b') {\n  switch (x) {\n    case 'a':\n      return 1\n  }\n  return 2\n}\n",
  )
  output = await promisify(execFile)(resolve('node_modules/.bin/biome'), ['lint', '--max-diagnostics=none', '.'], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  }).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function plant(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true })
  await writeFile(join(folder, name), text)
}

/** `line rule` of everything that the linter said about a file, in the order of lines (its own order changes from run to run). */
function said(file: string): string[] {
  return [...output.matchAll(/^(\S+?):(\d+):\d+ (lint\/\S+)/gm)]
    .filter(([, at]) => at === file)
    .map(([, , line, rule]) => `${line} ${rule}`)
    .toSorted()
}

for (const [from, to] of planted)
  test(`${from} may not import ${to}, not even a type`, () => {
    expect(said(from)).toContain('1 lint/style/noRestrictedImports')
    expect(said(from.replace('a.ts', 'types.ts'))).toContain('1 lint/style/noRestrictedImports')
  })

for (const part of pure)
  test(`src/${part} may not touch the machine`, () => {
    expect(said(`src/${part}/machine.ts`)).toEqual([
      '1 lint/style/noRestrictedImports',
      '2 lint/style/noRestrictedImports',
    ])
  })

test('imports down are fine', () => {
  expect(said('src/run/down.ts')).toEqual([])
})

test('a cycle of types alone is found', () => {
  expect(said('src/model/cycle-a.ts')).toContain('1 lint/suspicious/noImportCycles')
})

test('a floating promise and a switch that forgets a case are found', () => {
  expect(said('src/model/floating.ts').join()).toMatch(/noFloatingPromises/)
  expect(said('src/model/switch.ts').join()).toMatch(/useExhaustiveSwitchCases/)
})
