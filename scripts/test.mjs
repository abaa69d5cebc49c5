// All runners one after the other, and one true total at the end.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { argv, env, exit } from 'node:process'

const folder = '.cache/test'
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const only = argv[2]
const total = { passed: 0, failed: 0, skipped: 0 }

for (const project of ['unit', 'contract', 'e2e'].filter(name => only === undefined || only === name)) {
  const file = `${folder}/${project}.json`
  const { status } = run(
    'vitest',
    ['run', '--project', project, '--reporter=dot', '--reporter=json', `--outputFile.json=${file}`],
    env,
  )
  const result = read(file)
  if (result === undefined) {
    console.error(`The ${project} tests ended with ${status} and left no result.`)
    total.failed++
    continue
  }
  total.passed += result.numPassedTests
  total.failed += result.numFailedTests
  total.skipped += result.numPendingTests + (result.numTodoTests ?? 0)
  // A file that could not even be loaded has no failed test of its own, but is a failure.
  const broken = result.testResults.filter(
    one => one.status === 'failed' && one.assertionResults.every(test => test.status !== 'failed'),
  )
  total.failed += broken.length
  if (status !== 0 && result.numFailedTests === 0 && broken.length === 0) {
    console.error(
      `The ${project} runner ended with ${status} though no test failed (an error outside the tests, see above).`,
    )
    total.failed++
  }
}

if (only === undefined || only === 'browser') {
  const file = `${folder}/browser.json`
  const { status } = run('playwright', ['test', '--reporter=dot,json'], { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: file })
  const stats = read(file)?.stats
  if (stats === undefined) {
    console.error(`The browser tests ended with ${status} and left no result.`)
    total.failed++
  } else {
    total.passed += stats.expected
    total.failed += stats.unexpected + stats.flaky
    total.skipped += stats.skipped
    if (status !== 0 && stats.unexpected + stats.flaky === 0) total.failed++
  }
}

console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
exit(total.failed > 0 || total.passed === 0 ? 1 : 0)

function run(program, words, environment) {
  return spawnSync(`node_modules/.bin/${program}`, words, { stdio: 'inherit', env: environment })
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
