import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { readRuleFile } from '../src/monitoring/rules/read.ts'
import { scaleRuleFile } from '../src/monitoring/rules/scale.ts'
import type { Bench } from './bench.ts'
import { inFolder } from './drill.ts'
import type { Row } from './table.ts'

const FOLDER = 'test/fixtures/rules'

export const scale: Bench = {
  summary: 'scale on real rule files: promtool accepts every output; what is refused or warned of is named.',
  live: false,
  run: () =>
    inFolder({}, async folder => {
      const rows: Row[] = []
      for (const name of (await readdir(FOLDER)).filter(file => file.endsWith('.yml')))
        for (const timeScale of [60, 1000]) {
          const text = await readFile(join(FOLDER, name), 'utf8')
          const began = performance.now()
          const scaled = scaleRuleFile(text, name, { timeScale, world: () => 'drill' })
          const took = performance.now() - began
          await writeFile(join(folder, name), scaled.text)
          const { exitCode } = await execa('promtool', ['check', 'rules', join(folder, name)], { reject: false })
          const { file } = readRuleFile(text, name)
          rows.push({
            file: name,
            K: timeScale,
            rules: file.groups.flatMap(group => group.rules).length,
            refused: scaled.refused.length,
            warnings: scaled.warnings.length,
            promtool: exitCode === 0 ? 'accepts' : 'refuses',
            ms: took.toFixed(0),
          })
        }
      return rows
    }),
}
