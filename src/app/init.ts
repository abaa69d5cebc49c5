import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes, ScenarioError } from '../model/errors.ts'
import { checkCommand } from './check.ts'
import { printGenerated } from './generate.ts'

export interface InitCommandOptions {
  readonly json?: boolean
}

const FOLDER = 'genesis-drill'

/** `genesis-drill init`: finds rules and routes, generates tests, proves them, leaves a working set-up; gives the exit code. */
export async function initCommand(dir: string, options: InitCommandOptions): Promise<number> {
  const { findMonitoring } = await import('../regression/init/find.ts')
  const { setUpFor } = await import('../regression/init/set-up.ts')
  const { generate } = await import('../regression/generate/index.ts')
  const { write } = await import('../regression/generate/files.ts')
  // Progress is for people: with --json the one document stands alone on standard output.
  const say = (text: string) => (options.json ? process.stderr : process.stdout).write(`${text}\n`)
  if (!existsSync(dir)) throw new ScenarioError([{ file: dir, message: 'no such folder' }])
  const found = findMonitoring(dir)
  if (found.rules.length === 0)
    throw new ScenarioError([
      {
        file: dir,
        message: 'no Prometheus rule file was found: expected YAML with groups: and alert: or record: below them',
      },
    ])
  for (const file of found.rules) say(`rules         ${file}`)
  for (const file of found.alertmanager) say(`Alertmanager  ${file}`)
  const [alertmanager, ...others] = found.alertmanager
  if (others.length > 0)
    say(`Routes are generated for ${alertmanager}; for the others: genesis-drill generate --alertmanager FILE`)
  const out = join(dir, FOLDER)
  const report = await generate({ rules: found.rules, alertmanager, out })
  say(printGenerated(report))
  const written: string[] = []
  const inside = (path: string) => (path.startsWith(`${dir}/`) ? path.slice(dir.length + 1) : path)
  const facts = {
    rules: found.rules.map(inside),
    alertmanager: alertmanager === undefined ? undefined : inside(alertmanager),
  }
  for (const { path, text } of setUpFor(dir, facts)) {
    write(join(dir, path), text)
    written.push(join(dir, path))
  }
  for (const path of written) say(`wrote         ${path}`)
  if (options.json) process.stdout.write(`${JSON.stringify({ found, report, written }, null, 2)}\n`)
  const made = [...report.alerts, ...report.recordings]
  if (made.every(({ tests }) => tests === undefined) && report.routes === undefined) {
    say('Nothing could be generated, so there is nothing to check.')
    return exitCodes.unmet
  }
  if (options.json) {
    const { check } = await import('../regression/check/index.ts')
    const { exitCode } = await import('../regression/check/print.ts')
    return exitCode((await check([out])).checked)
  }
  say(`genesis-drill check ${out}`)
  return checkCommand([out], {})
}
