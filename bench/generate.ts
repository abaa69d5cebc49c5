import { execa } from 'execa'
import type { Bench } from './bench.ts'
import { inFolder } from './drill.ts'

const cli = (...words: string[]) => execa(process.execPath, ['src/app/cli.mjs', ...words], { reject: false })

export const generate: Bench = {
  summary:
    'generate on the five real rule files, then what its tests prove. Aim: 95 % of the alerts fire, stay quiet and resolve.',
  live: false,
  run: () =>
    inFolder({}, async folder => {
      const began = performance.now()
      const made = await cli('generate', '--rules', 'test/fixtures/rules', '--out', folder, '--json')
      const seconds = (performance.now() - began) / 1000
      const { alerts } = JSON.parse(made.stdout) as { alerts: Record<'fires' | 'quiet' | 'resolves', boolean>[] }
      const count = (what: 'fires' | 'quiet' | 'resolves'): number => alerts.filter(alert => alert[what]).length
      return [
        {
          alerts: alerts.length,
          fire: count('fires'),
          'stay quiet': count('quiet'),
          resolve: count('resolves'),
          s: seconds.toFixed(1),
          'exit code': made.exitCode ?? -1,
        },
      ]
    }),
}
