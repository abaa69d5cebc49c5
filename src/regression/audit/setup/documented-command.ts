import type { Engines } from '../engines.ts'
import { type Command, commandsOf } from '../facts/documents.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

type Fault = Pick<Remark, 'happens' | 'advice' | 'severity'>

const KNOWN: readonly (readonly [RegExp, Fault])[] = [
  [
    /:9093\/api\/v1\//,
    {
      severity: 'high',
      happens: 'API v1 of Alertmanager is gone since 0.27 (410 Gone)',
      advice: 'use /api/v2/; alerts come as a bare list, without .data',
    },
  ],
  [
    /docker(-compose)? (exec|compose exec)\b.*\bpromtool check rules .*\*/,
    {
      severity: 'high',
      happens:
        'the shell expands the pattern outside of the container, and promtool does not expand it at all: nothing is checked',
      advice: `sh -c 'promtool check rules /etc/prometheus/rules/*.yml' inside of it`,
    },
  ],
  [
    /grafana-cli admin export-dashboard|grafana cli admin export-dashboard/,
    {
      severity: 'high',
      happens: 'the command does not exist; the redirection still creates a file, which looks like a backup',
      advice: 'export through the HTTP API (/api/dashboards/uid/...), or provision dashboards from files',
    },
  ],
  [
    /sed\b.*\bs\/[^/]*URL[^/]*\/[^/]*\/g?/i,
    {
      severity: 'high',
      happens: "an address holds slashes, which end sed's s/// early: unknown option to `s'",
      advice: 'use another delimiter: s|...|...|',
    },
  ],
  [
    /:9090\/-\/reload/,
    {
      severity: 'medium',
      happens: 'Prometheus answers 403 unless it was started with --web.enable-lifecycle',
      advice: 'start it with that flag, or send SIGHUP',
    },
  ],
  [
    /\bdocker-compose\b/,
    {
      severity: 'low',
      happens: 'docker-compose is Compose v1, which is no longer maintained or installed',
      advice: 'docker compose',
    },
  ],
]

export const documentedCommand: Detector = {
  summary: 'a command of the documentation that does not work',
  severity: 'high',
  needs: ['documents'],
  async detect({ snippets, engines }) {
    const commands = snippets.flatMap(commandsOf)
    const unknown = await Promise.all(commands.map(command => unknownSubcommand(command, engines)))
    return commands.flatMap((command, index): Remark[] => {
      const known = KNOWN.flatMap(([shape, fault]) => (shape.test(command.text) ? [fault] : []))
      return [...known, ...(unknown[index] ?? [])].map(fault => ({
        ...spot(command.file, command),
        subject: command.text,
        ...fault,
      }))
    })
  },
}

/** Asks promtool and amtool whether they have such a subcommand. */
async function unknownSubcommand({ text }: Command, engines: Engines): Promise<Fault[]> {
  const match = /\b(promtool|amtool)((?:\s+[a-z][a-z-]*(?=\s|$))+)/.exec(text)
  if (match === null) return []
  const engine = match[1] === 'amtool' ? 'amtool' : 'promtool'
  const words = (match[2] ?? '').trim().split(/\s+/)
  const answer = await engines.ask(engine, ['help', ...words])
  if (answer === undefined || !/expected command but got/.test(answer.words)) return []
  return [
    {
      severity: 'blocker',
      happens: `${engine} has no command ${words.join(' ')}: the procedure cannot be carried out, and nobody knows until it is needed`,
      advice: `see ${engine} --help; carry the procedure out once`,
    },
  ]
}
