import { dirname } from 'node:path'
import { EnvironmentError } from '../model/errors.ts'
import type { Service, ServiceHost } from '../model/kind.ts'
import type { Program } from '../model/runtime.ts'
import { answers } from './exporter.ts'

interface Engine {
  readonly program: Program
  /** Content by name, relative to the main file. */
  readonly files: Readonly<Record<string, string>>
  readonly main: string
  /** Shell that becomes the program; its parameters are in "$@", the data directory in "$data". */
  readonly exec: string
  readonly parameters: (directories: { config: string; data: string }) => readonly string[]
}

const RELOAD_MS = 20_000

/** Files live in a volume, so that what was replaced while the engine ran is there after a restart too. */
const SEED = `set -e
seed=$1 config=$2 data=$3
shift 3
if [ ! -e "$config/.seeded" ]; then
  mkdir -p "$config" "$data"
  cp -R "$seed/." "$config/"
  touch "$config/.seeded"
fi
`

/** Starts Prometheus or Alertmanager with configuration files that can be replaced while it runs. */
export async function startEngine(host: ServiceHost, engine: Engine): Promise<Service> {
  const { runtime, place } = host
  const { service } = place
  const volume = { name: service }
  const root = place.volume(volume)
  const directories = { config: `${root}/config`, data: `${root}/data` }
  const instance = await runtime.launch(service, {
    program: engine.program,
    command: [
      'sh',
      '-c',
      SEED + engine.exec,
      'sh',
      dirname(place.file(engine.main)),
      directories.config,
      directories.data,
      ...engine.parameters(directories),
    ],
    files: Object.fromEntries(Object.entries(engine.files).map(([name, text]) => [place.file(name), text])),
    volumes: [volume],
    unprivileged: true,
    readyWithin: 60_000,
    ready: running => answers(running, '/-/ready'),
  })

  let current: Readonly<Record<string, string>> = engine.files
  const write = async (files: Readonly<Record<string, string>>) => {
    for (const [name, input] of Object.entries(files)) {
      const output = await instance.exec(
        [
          'sh',
          '-c',
          'mkdir -p "$(dirname "$1")" && cat >"$1.new" && mv "$1.new" "$1"',
          'sh',
          `${directories.config}/${name}`,
        ],
        { input, timeoutMs: RELOAD_MS },
      )
      if (output.code !== 0)
        throw new EnvironmentError(`${service}: ${name} could not be written: ${output.stderr.trim()}`)
    }
  }
  const reload = async () => {
    const { host: name, port } = instance.address()
    const response = await fetch(`http://${name}:${port}/-/reload`, {
      method: 'POST',
      signal: AbortSignal.timeout(RELOAD_MS),
    })
    const said = (await response.text()).trim()
    if (!response.ok)
      throw new EnvironmentError(`${service} refused its configuration: ${said}`, { lastLog: await instance.tail(5) })
  }

  return {
    facts: [instance.facts],
    abilities: {
      lifecycle: instance,
      freeze: instance,
      logs: instance,
      endpoint: {
        address: async () => (await runtime.link('clients', service)).address,
        target: () => service,
      },
      configuration: {
        async replace(files) {
          await write(files)
          try {
            await reload()
          } catch (error) {
            // A restart must find what the engine has accepted.
            await write(current)
            throw error
          }
          current = { ...current, ...files }
        },
      },
    },
    [Symbol.asyncDispose]: () => instance.remove(),
  }
}
