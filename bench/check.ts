import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Bench } from './bench.ts'
import { inFolder } from './drill.ts'
import { type Row, shownSpread, spread } from './table.ts'

const rules = (count: number): string =>
  `groups:\n  - name: bench\n    rules:\n${Array.from({ length: count }, (_, n) => `      - alert: Alert${n}\n        expr: sum by (job) (rate(requests_${n}_total{code=~"5.."}[5m])) / sum by (job) (rate(requests_${n}_total[5m])) > 0.05\n        for: 5m\n        labels: { severity: warning }\n`).join('')}`

const tests = (count: number, rulesCount: number): string =>
  `rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n${Array.from({ length: count }, (_, n) => {
    const metric = `requests_${n % rulesCount}_total`
    const fires = n % 3 !== 0
    return `  - name: test ${n}\n    interval: 1m\n    input_series:\n      - { series: '${metric}{job="shop",code="200"}', values: '0+90x20' }\n      - { series: '${metric}{job="shop",code="500"}', values: '0+${fires ? 10 : 2}x20' }\n    alert_rule_test:\n      - eval_time: 15m\n        alertname: Alert${n % rulesCount}\n        exp_alerts:${fires ? '\n          - { exp_labels: { severity: warning, job: shop } }' : ' []'}\n`
  }).join('')}`

async function time(program: string, words: readonly string[]): Promise<{ seconds: number; exitCode: number }> {
  const began = performance.now()
  const { exitCode } = await execa(program, words, { reject: false, stdout: 'ignore', stderr: 'ignore' })
  return { seconds: (performance.now() - began) / 1000, exitCode: exitCode ?? -1 }
}

/** What no program in Node can be faster than. */
const STARTS_PROMTOOL =
  "require('node:child_process').spawn('promtool', ['test', 'rules', process.argv[1]], { stdio: 'ignore' })"

export const check: Bench = {
  summary:
    'check beside plain promtool on the same files, whole processes. Aims: 4 times on 1,000 tests x 5 rules, 30 times on x 100, 1 on a single small file (beside promtool plus the start of Node), milliseconds when nothing changed.',
  live: false,
  run: ({ quick }) =>
    inFolder({}, async folder => {
      const rows: Row[] = []
      const cli = (...words: string[]) => time(process.execPath, ['src/app/cli.mjs', 'check', ...words])
      for (const count of [5, 20, 100]) {
        // promtool's time grows with the tests, so where a whole run would take minutes a part of it is timed and said.
        const beside = quick ? 50 : count === 100 ? 150 : 1000
        await writeFile(join(folder, 'rules.yml'), rules(count))
        await writeFile(join(folder, 'tests.yml'), tests(quick ? 50 : 1000, count))
        await writeFile(join(folder, 'part.yml'), tests(beside, count))
        const ours = await cli(join(folder, 'tests.yml'), '--no-cache')
        const theirs = await time('promtool', ['test', 'rules', join(folder, 'part.yml')])
        const whole = (theirs.seconds * (quick ? 50 : 1000)) / beside
        rows.push({
          tests: quick ? 50 : 1000,
          rules: count,
          'ours, s': ours.seconds.toFixed(2),
          'promtool, s': `${whole.toFixed(1)}${beside < 1000 && !quick ? ` (from ${theirs.seconds.toFixed(1)} s for ${beside})` : ''}`,
          ratio: (whole / ours.seconds).toFixed(1),
          'same exit code': ours.exitCode === theirs.exitCode ? 'yes' : `no: ${ours.exitCode}, ${theirs.exitCode}`,
        })
      }
      await writeFile(join(folder, 'rules.yml'), rules(2))
      await writeFile(join(folder, 'tests.yml'), tests(2, 2))
      const ours: number[] = []
      const theirs: number[] = []
      const node: number[] = []
      const bare: number[] = []
      const cached: number[] = []
      for (let run = 0; run < (quick ? 3 : 20); run++) {
        ours.push((await cli(join(folder, 'tests.yml'), '--no-cache')).seconds * 1000)
        theirs.push((await time('promtool', ['test', 'rules', join(folder, 'tests.yml')])).seconds * 1000)
        node.push((await time(process.execPath, ['-e', '0'])).seconds * 1000)
        bare.push((await time(process.execPath, ['-e', STARTS_PROMTOOL, join(folder, 'tests.yml')])).seconds * 1000)
        cached.push((await cli(join(folder, 'tests.yml'))).seconds * 1000)
      }
      const aim = spread(theirs).median + spread(node).median
      const beside = `${shownSpread(theirs)} ms + Node ${shownSpread(node)} ms`
      for (const [name, times] of [
        ['', ours],
        ['nothing but a start of promtool by Node: ', bare],
      ] as const)
        rows.push({
          tests: 2,
          rules: 2,
          'ours, s': `${name}${shownSpread(times)} ms`,
          'promtool, s': beside,
          ratio: (aim / spread(times).median).toFixed(2),
        })
      rows.push({ tests: 2, rules: 2, 'ours, s': `unchanged: ${shownSpread(cached)} ms` })
      return rows
    }),
}
