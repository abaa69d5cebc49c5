import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright'
import { EnvironmentError, messageOf } from '../model/errors.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge-stable']
const PLACES = [
  '/usr/bin',
  '/usr/local/bin',
  '/snap/bin',
  '/opt/google/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS',
  '/Applications/Chromium.app/Contents/MacOS',
]

/** The browser of this machine: GENESIS_DRILL_CHROMIUM, PATH, the usual places, or one that Playwright has downloaded. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const chosen = environment['GENESIS_DRILL_CHROMIUM']
  if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? chosen : undefined
  const folders = [...(environment['PATH'] ?? '').split(delimiter).filter(folder => folder !== ''), ...PLACES]
  const candidates = [
    ...folders.flatMap(folder => [...NAMES, 'Google Chrome', 'Chromium'].map(name => join(folder, name))),
  ]
  return [...candidates, chromium.executablePath()].find(file => file !== '' && existsSync(file))
}

/** A headless browser. Throws EnvironmentError when there is none or it does not start. */
export async function launchChromium(environment: NodeJS.ProcessEnv = process.env): Promise<Browser> {
  const executablePath = findChromium(environment)
  if (executablePath === undefined)
    throw new EnvironmentError(
      environment['GENESIS_DRILL_CHROMIUM']
        ? `GENESIS_DRILL_CHROMIUM names ${environment['GENESIS_DRILL_CHROMIUM']}, which does not exist`
        : `no Chromium found: looked for ${NAMES.join(', ')} on PATH and in ${PLACES.join(', ')}`,
      {
        advice:
          'Install it (Debian: apt-get install chromium) or set GENESIS_DRILL_CHROMIUM to its path. The HTML report needs no browser and prints the same.',
      },
    )
  // Chromium refuses its sandbox to root; the page is our own text and loads nothing.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  try {
    return await chromium.launch({ executablePath, args, timeout: 30_000 })
  } catch (error) {
    throw new EnvironmentError(`${executablePath} does not start: ${messageOf(error).split('\n')[0]}`, {
      advice: 'Run it by hand with --headless --dump-dom about:blank to see what it misses.',
      lastLog: messageOf(error),
      cause: error,
    })
  }
}
