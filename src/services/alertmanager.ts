import { z } from 'zod'
import type { ServiceKind } from '../model/kind.ts'
import { startEngine } from './engine.ts'
import { fileName } from './file-name.ts'

const MAIN = 'alertmanager.yml'

const spec = z.strictObject({
  files: z
    .record(fileName, z.string())
    .refine(files => MAIN in files, `expected ${MAIN} among the files`)
    .describe(`${MAIN} and the templates that it names, relative to it`),
  flags: z.array(z.string().startsWith('--')).default([]),
})
type Spec = z.output<typeof spec>

export const alertmanager: ServiceKind<Spec> = {
  implicit: true,
  summary: 'The Alertmanager under drill, with the production route tree and the addresses of the inbox.',
  spec,
  example: `kind: alertmanager
files: { alertmanager.yml: '{ route: { receiver: nobody }, receivers: [{ name: nobody }] }' }
`,
  abilities: () => ['lifecycle', 'freeze', 'logs', 'endpoint', 'configuration'],
  dependsOn: () => [],
  start({ files, flags = [] }, host) {
    const { place } = host
    return startEngine(host, {
      program: 'alertmanager',
      main: MAIN,
      files,
      exec: 'exec alertmanager "$@"',
      parameters: directories => [
        `--config.file=${directories.config}/${MAIN}`,
        `--storage.path=${directories.data}`,
        `--web.listen-address=${place.bind}:${place.port()}`,
        // Clustering would hold back the first notification until the gossip has settled.
        '--cluster.listen-address=',
        ...flags,
      ],
    })
  },
}
