import { execa } from 'execa'
import { z } from 'zod'
import { wallDuration } from '../../model/fields.ts'
import type { ActionKind, RunContext } from '../../model/kind.ts'
import { StepFailure } from '../../model/step-failure.ts'

const spec = z
  .strictObject({
    argv: z.array(z.string()).min(1).optional().describe('the program and its arguments; no shell reads them'),
    shell: z.string().min(1).optional().describe('a line for /bin/sh, instead of argv'),
    environment: z.record(z.string(), z.string()).default({}).describe('variables of its own; their values are shown'),
    pass: z
      .array(z.string())
      .default([])
      .describe("variables of the harness's environment that it gets too; their values are never shown"),
    within: wallDuration.default(60).describe('after this it is ended (wall time: never scaled)'),
  })
  .refine(({ argv, shell }) => (argv === undefined) !== (shell === undefined), 'expected either argv or shell')

/** What every program needs to run at all. Nothing else of the harness's environment is handed on. */
const ALWAYS = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR']
const TAIL_LINES = 40
const TAIL_CHARACTERS = 8_000

export const command: ActionKind<z.output<typeof spec>> = {
  summary: "Runs a command of the author's on the machine of the harness; it fails when its exit code is not 0.",
  spec,
  example: `
kind: command
argv: [./runbook/switch-dns.sh, standby]
within: 30s
`,
  needs: () => [],
  async perform({ argv, shell, environment, pass, within }, run) {
    const secrets = pass.flatMap(name => process.env[name] ?? [])
    const [program, ...rest] = argv ?? ['/bin/sh', '-c', shell ?? '']
    const shown = shell ?? (argv ?? []).join(' ')
    const running = execa(program ?? '', rest, {
      env: { ...inherited([...ALWAYS, ...pass]), ...(await addresses(run)), ...environment },
      extendEnv: false,
      stdin: 'ignore',
      all: true,
      buffer: false,
      reject: false,
      timeout: within * 1000,
      cancelSignal: run.signal,
      killDescendants: true,
      forceKillAfterDelay: 2_000,
    })
    let output = ''
    running.all?.setEncoding('utf8').on('data', (chunk: string) => {
      // Masked before it is cut, so that no half of a secret stays.
      output = masked(output + chunk, secrets).slice(-TAIL_CHARACTERS)
    })
    const ended = await running
    const evidence = [
      {
        kind: 'values',
        title: 'command',
        values: {
          command: masked(shown, secrets),
          'exit code': ended.exitCode ?? null,
          'duration (ms)': Math.round(ended.durationMs),
        },
      },
      { kind: 'text', title: 'output (its end)', text: tail(output) },
    ] as const
    if (!ended.failed) return evidence
    throw new StepFailure(`the command "${masked(shown, secrets)}" ${ending(ended, within)}`, evidence)
  },
}

function ending(
  ended: {
    readonly exitCode?: number | undefined
    readonly signal?: string | undefined
    readonly timedOut: boolean
    readonly isCanceled: boolean
    readonly code?: string | undefined
  },
  within: number,
): string {
  if (ended.timedOut) return `did not end within ${within} s and was killed`
  if (ended.isCanceled) return 'was killed, because the run was interrupted'
  if (ended.signal !== undefined) return `was ended by ${ended.signal}`
  if (ended.exitCode !== undefined) return `ended with exit code ${ended.exitCode}, expected 0`
  return `could not be started (${ended.code ?? 'unknown reason'})`
}

function inherited(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap(name => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** GENESIS_DRILL_PRIMARY_HOST and _PORT for each service that clients can reach. */
async function addresses(run: RunContext): Promise<Record<string, string>> {
  const reachable = run.services.filter(service => run.has(service, 'endpoint'))
  const pairs = await Promise.all(
    reachable.map(async service => {
      const { host, port } = await run.ability(service, 'endpoint').address()
      const name = `GENESIS_DRILL_${service.toUpperCase().replaceAll('-', '_')}`
      return [
        [`${name}_HOST`, host],
        [`${name}_PORT`, String(port)],
      ]
    }),
  )
  return Object.fromEntries(pairs.flat())
}

function masked(text: string, secrets: readonly string[]): string {
  return secrets.filter(secret => secret !== '').reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
}

function tail(text: string): string {
  return text.split('\n').slice(-TAIL_LINES).join('\n')
}
