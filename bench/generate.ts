import { execa } from 'execa'
import type { Bench } from './bench.ts'
import { inFolder } from './drill.ts'

const cli = (...words: string[]) => execa(process.execPath, ['src/app/cli.ts', ...words], { reject: false })

export const generate: Bench = {
  summary:
    'generate on the five real rule files, then what its tests prove. Aim: 95 % of the alerts fire, stay quiet and resolve.',
  live: false,
  run: () =>
    inFolder({}, async folder => {
      const began = performance.now()
      const made = await cli('generate', '--rules', 'test/fixtures/rules', '--out', folder, '--json')
      const seconds = (performance.now() - began) / 1000
      const { summary } = JSON.parse(made.stdout) as { summary: Record<string, number> }
      return [{ ...summary, s: seconds.toFixed(1), 'exit code': made.exitCode ?? -1 }]
    }),
}
