import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EnvironmentError, ScenarioError } from '../../../src/model/errors.ts'
import { findChromium, launchChromium } from '../../../src/reports/chromium.ts'
import { archivedFiles, readRecord, renderReports } from '../../../src/reports/index.ts'
import { hostile, met, unmet } from '../../fixtures/records/records.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'genesis-drill-reports-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('renderReports', () => {
  it('always writes the record and the timeline, and only the wanted formats', async () => {
    const written = await renderReports(unmet, directory, ['summary'])
    expect(written.map(({ name }) => name)).toEqual(['json', 'timeline', 'summary', 'evidence'])
    expect((await readdir(directory)).toSorted()).toEqual(['evidence', 'record.json', 'summary.md', 'timeline.jsonl'])
    const lines = (await readFile(join(directory, 'timeline.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(lines).toHaveLength(unmet.scenarios.reduce((sum, { timeline }) => sum + timeline.length, 0))
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ scenario: 'primary-lost-async' })
  })

  it('lists the SHA-256 of every file it leaves', async () => {
    await renderReports(unmet, directory, ['html', 'junit'])
    const folder = join(directory, 'evidence')
    const sums = (await readFile(join(folder, 'SHA256SUMS'), 'utf8')).trimEnd().split('\n')
    for (const line of sums) {
      const [hash, file = ''] = line.split('  ')
      expect(
        createHash('sha256')
          .update(await readFile(join(folder, file)))
          .digest('hex'),
      ).toBe(hash)
    }
    const left = (await readdir(directory, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile())
    expect(left).toHaveLength(sums.length + 1)
  })

  it('goes on when one format fails, and says which', async () => {
    const failures: [string, string][] = []
    const written = await renderReports(met, directory, ['nonsense', 'junit'], (name, error) =>
      failures.push([name, String(error)]),
    )
    expect(written.map(({ name }) => name)).toContain('junit')
    expect(failures).toEqual([['nonsense', expect.stringContaining('known: html, pdf, junit, summary, metrics, json')]])
  })

  it('keeps hostile names inside its own folder', async () => {
    const evil = {
      ...hostile,
      scenarios: hostile.scenarios.map(scenario => ({ ...scenario, scenario: '../../../../etc/x' })),
    }
    await renderReports(evil, join(directory, 'run'), ['html'])
    expect(await readdir(directory)).toEqual(['run'])
    for (const name of await readdir(join(directory, 'run', 'evidence'))) expect(name).toMatch(/^[A-Za-z0-9-]+$/)
  })

  it('says so when the record cannot be written', async () => {
    await writeFile(join(directory, 'taken'), '')
    await expect(renderReports(met, join(directory, 'taken'), [])).rejects.toThrow(EnvironmentError)
  })
})

describe('the archive', () => {
  it('gives a written record back as it was', async () => {
    await renderReports(unmet, directory, [])
    expect(await readRecord(join(directory, 'record.json'))).toEqual(unmet)
  })

  it('is found at any depth, and a missing archive is empty', async () => {
    await mkdir(join(directory, 'monthly', 'run-1'), { recursive: true })
    await writeFile(join(directory, 'monthly', 'run-1', 'record.json'), '{}')
    expect(await archivedFiles(directory)).toEqual([join(directory, 'monthly', 'run-1', 'record.json')])
    expect(await archivedFiles(join(directory, 'none'))).toEqual([])
  })

  it.each([
    ['cut off', JSON.stringify(met).slice(0, 500), 'not a JSON text'],
    ['of a later version', JSON.stringify({ ...met, version: 2 }), 'expected a run record of version 1, got version 2'],
    ['something else', '{"version":1}', 'not a run record: run'],
    ['damaged inside', JSON.stringify({ ...met, verdict: 'great' }), 'verdict'],
  ])('names a record that is %s', async (_, text, message) => {
    const file = join(directory, 'record.json')
    await writeFile(file, text)
    const error = await readRecord(file).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ScenarioError)
    expect(String(error)).toContain(message)
    expect(String(error)).toContain(file)
  })
})

describe('Chromium', () => {
  it('is what GENESIS_DRILL_CHROMIUM names, and nothing else', async () => {
    const named = join(directory, 'chromium')
    await writeFile(named, '')
    expect(findChromium({ GENESIS_DRILL_CHROMIUM: named })).toBe(named)
    const missing = launchChromium({ GENESIS_DRILL_CHROMIUM: join(directory, 'none') })
    await expect(missing).rejects.toThrow(/names .*none, which does not exist/)
    await expect(missing).rejects.toMatchObject({ advice: expect.stringContaining('apt-get install chromium') })
  })
})
