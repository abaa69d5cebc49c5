import { z } from 'zod'
import type { ServiceKind } from '../model/kind.ts'
import { startEngine } from './engine.ts'
import { fileName } from './file-name.ts'

const MAIN = 'prometheus.yml'

const spec = z.strictObject({
  files: z
    .record(fileName, z.string())
    .refine(files => MAIN in files, `expected ${MAIN} among the files`)
    .describe(`${MAIN} and the rule files that it names, relative to it`),
  flags: z.array(z.string().startsWith('--')).default([]),
})
type Spec = z.output<typeof spec>

export const prometheus: ServiceKind<Spec> = {
  implicit: true,
  summary: 'The Prometheus under drill, with the production rules in a scaled copy.',
  spec,
  example: `kind: prometheus
files: { prometheus.yml: 'global: { scrape_interval: 15s }' }
`,
  abilities: () => ['lifecycle', 'freeze', 'logs', 'endpoint', 'configuration'],
  dependsOn: () => [],
  start({ files, flags = [] }, host) {
    const { place } = host
    return startEngine(host, {
      program: 'prometheus',
      main: MAIN,
      files,
      exec: 'exec prometheus "$@"',
      parameters: directories => [
        `--config.file=${directories.config}/${MAIN}`,
        `--storage.tsdb.path=${directories.data}`,
        '--storage.tsdb.retention.time=10y',
        `--web.listen-address=${place.bind}:${place.port()}`,
        '--web.enable-lifecycle',
        ...flags,
      ],
    })
  },
}
