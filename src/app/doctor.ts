import { exitCodes } from '../model/errors.ts'
import { inspectMachine, type Machine } from '../runtimes/index.ts'

/** `genesis-drill doctor`: exits 0 when at least one runtime can be used. */
export async function doctorCommand(options: { json?: boolean }): Promise<number> {
  const machine = await inspectMachine()
  if (options.json) console.log(JSON.stringify(machine, null, 2))
  else console.log(report(machine))
  return machine.usable.length > 0 ? exitCodes.met : exitCodes.environment
}

function report({ programs, engine, missingTools, usable }: Machine): string {
  const width = Math.max(...programs.map(({ program }) => program.length))
  const missing = [
    ...programs.flatMap(({ program, install }) => (install === undefined ? [] : [`  ${program}: ${install}`])),
    ...missingTools.map(({ tool, install }) => `  ${tool}: ${install}`),
  ]
  return [
    'Local programs (runtime process)',
    ...programs.map(
      ({ program, version, binary }) =>
        `  ${program.padEnd(width)}  ${binary === undefined ? 'missing' : `${version ?? 'version unknown'}  ${binary}`}`,
    ),
    '',
    'unreachable' in engine
      ? `Docker (runtime container): ${engine.unreachable}`
      : `Docker ${engine.version} on ${engine.host} (runtime container)`,
    ...('unreachable' in engine
      ? []
      : programs.map(
          ({ program, image, imageId }) =>
            `  ${program.padEnd(width)}  ${image === undefined ? 'no image' : `${image}  ${imageId?.slice(0, 19) ?? ''}`}`,
        )),
    '',
    ...(missing.length === 0 ? [] : ['To get what is missing', ...missing, '']),
    usable.length === 0
      ? 'No runtime can be used yet: install what is missing above, or start a Docker engine and run: npm run images'
      : `Usable: ${usable.join(', ')}`,
  ].join('\n')
}
