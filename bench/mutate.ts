import { join } from 'node:path'
import { execa } from 'execa'
import type { Bench } from './bench.ts'
import { inFolder } from './drill.ts'
import type { Row } from './table.ts'

const cli = (...words: string[]) => execa(process.execPath, ['src/app/cli.mjs', ...words], { reject: false })

export const mutate: Bench = {
  summary:
    "Mutants a second, whole process (the first run checks the tests, too), on the five real rule files with generated tests; and the score of a well-known project's own tests. Aims: 100 a second, 95 %.",
  live: false,
  run: ({ quick }) =>
    inFolder({}, async folder => {
      const rows: Row[] = []
      await cli('generate', '--rules', 'test/fixtures/rules', '--out', folder)
      const subjects: [string, string[]][] = [
        ['generated tests', [join(folder, 'alerts'), '--rules', 'test/fixtures/rules']],
        ['generated tests and scenarios', [folder, '--rules', 'test/fixtures/rules']],
        [
          "Thanos's own tests",
          [
            'test/fixtures/promtool/thanos/tests.yaml',
            '--rules',
            'test/fixtures/promtool/thanos/alerts.yaml',
            'test/fixtures/promtool/thanos/rules.yaml',
          ],
        ],
      ]
      for (const [subject, words] of subjects)
        for (let run = 0; run < (quick ? 1 : 3); run++) {
          const began = performance.now()
          const { stdout } = await cli('mutate', ...words, '--json')
          const seconds = (performance.now() - began) / 1000
          const { total, killed } = JSON.parse(stdout) as { total: number; killed: number }
          rows.push({
            subject,
            mutants: total,
            killed,
            score: `${((100 * killed) / total).toFixed(1)} %`,
            s: seconds.toFixed(1),
            'a second': (total / seconds).toFixed(0),
          })
        }
      return rows
    }),
}
