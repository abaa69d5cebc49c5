import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { scaleCommand } from '../../../src/app/scale.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-drill-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function scale(files: Readonly<Record<string, string>>, options: Parameters<typeof scaleCommand>[1]) {
  const paths = await Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      await writeFile(join(folder, name), text)
      return join(folder, name)
    }),
  )
  const said = { out: '', err: '' }
  const into = (stream: keyof typeof said) => (text: string | Uint8Array) => {
    said[stream] += text
    return true
  }
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(into('out'))
  const err = vi.spyOn(process.stderr, 'write').mockImplementation(into('err'))
  try {
    return { code: await scaleCommand(paths, options), ...said }
  } finally {
    out.mockRestore()
    err.mockRestore()
  }
}

const rules = (expr: string) => `groups:\n- name: a\n  rules:\n  - alert: A\n    expr: ${expr}\n    for: 5m\n`

it('prints the rewritten rules', async () => {
  const { code, out } = await scale({ 'r.yml': rules('rate(x[5m]) > 1') }, { timeScale: 60 })
  expect(code).toBe(0)
  expect(out).toBe('groups:\n- name: a\n  rules:\n  - alert: A\n    expr: (rate(x[5s]) / 60) > 1\n    for: 5s\n')
})

it('takes named metrics for those of real services', async () => {
  const { out, err } = await scale({ 'r.yml': rules('increase(pg_x[5m]) > 1') }, { timeScale: 60, wall: ['pg_*'] })
  expect(out).toContain('(increase(pg_x[5s]) * 60) > 1')
  expect(err).toContain('one event counts as 60')
})

it('says which rules it refuses and why, and ends with 1', async () => {
  const { code, err, out } = await scale({ 'r.yml': rules('hour() > 8') }, { timeScale: 60 })
  expect(code).toBe(1)
  expect(err).toMatch(/r\.yml:4: A is refused: hour\(\) reads the calendar/)
  expect(out).toContain('#   - alert: A')
})

it('prints Alertmanager and Prometheus files too, each under its name', async () => {
  const { out, err } = await scale(
    {
      'am.yml':
        'route: {receiver: a, group_wait: 30s}\nreceivers: [{name: a, webhook_configs: [{url: http://x/secret}]}]\n',
      'p.yml':
        'global: {scrape_interval: 15s}\nscrape_configs: [{job_name: a, static_configs: [{targets: ["a:9100"]}]}]\n',
    },
    { timeScale: 60 },
  )
  expect(out).toMatch(
    /# .*am\.yml at time scale 60\n[\s\S]*group_wait: 500ms[\s\S]*# .*p\.yml at time scale 60\n[\s\S]*scrape_interval: 250ms/,
  )
  expect(out).not.toContain('secret')
  expect(err).toContain('--query.lookback-delta=5s')
})

it('refuses what is none of them, with the place of a syntax error', async () => {
  await expect(scale({ 'x.yml': 'a: b\n' }, { timeScale: 60 })).rejects.toThrow('x.yml: neither a rule file')
  await expect(scale({ 'x.yml': 'groups: [\n' }, { timeScale: 60 })).rejects.toThrow(/x\.yml:\d+:\d+: /)
  await expect(scaleCommand([join(folder, 'none.yml')], { timeScale: 60 })).rejects.toThrow('none.yml cannot be read')
})
