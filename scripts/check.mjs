// All static checks; every one runs, so that one call shows everything that is wrong.
import { spawnSync } from 'node:child_process'
import { exit } from 'node:process'

const checks = [
  ['tsc'],
  ['biome', 'ci', '--error-on-warnings', '--max-diagnostics=50', ...(process.stdout.isTTY ? [] : ['--colors=off'])],
  ['knip'],
]
const failed = checks.filter(([program, ...words]) => {
  const { status } = spawnSync(`node_modules/.bin/${program}`, words, { stdio: 'inherit' })
  console.log(`${program}: ${status === 0 ? 'fine' : 'see above'}`)
  return status !== 0
})
exit(failed.length === 0 ? 0 : 1)
