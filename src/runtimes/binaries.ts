import { accessSync, constants, readdirSync, statSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { EnvironmentError } from '../model/errors.ts'
import type { Program } from '../model/runtime.ts'

interface Package {
  /** The name by which blueprints call the main program. */
  readonly main: string
  /** Name in a blueprint to the file names that it has elsewhere, the first found wins. */
  readonly commands: Readonly<Record<string, readonly string[]>>
  /** Folders outside PATH, newest first. */
  readonly folders?: () => readonly string[]
  /** Debian's. */
  readonly apt: string
}

export const packages: Readonly<Record<Program, Package>> = {
  prometheus: {
    main: 'prometheus',
    commands: { prometheus: ['prometheus'], promtool: ['promtool'] },
    apt: 'prometheus',
  },
  alertmanager: {
    main: 'alertmanager',
    commands: { alertmanager: ['alertmanager', 'prometheus-alertmanager'], amtool: ['amtool'] },
    apt: 'prometheus-alertmanager',
  },
  postgres: {
    main: 'postgres',
    commands: Object.fromEntries(
      [
        'postgres',
        'initdb',
        'pg_ctl',
        'pg_basebackup',
        'pg_verifybackup',
        'pg_rewind',
        'pg_controldata',
        'pg_waldump',
        'pg_isready',
        'pg_dump',
        'pg_restore',
        'pgbench',
        'psql',
      ].map(name => [name, [name]]),
    ),
    // Debian's /usr/bin holds wrappers of the client programs only, so these folders come before PATH.
    folders: () => newest('/usr/lib/postgresql').map(version => join('/usr/lib/postgresql', version, 'bin')),
    apt: 'postgresql',
  },
  redis: {
    main: 'redis-server',
    commands: { 'redis-server': ['redis-server'], 'redis-cli': ['redis-cli'] },
    apt: 'redis-server',
  },
  'postgres-exporter': {
    main: 'postgres_exporter',
    commands: { postgres_exporter: ['postgres_exporter', 'prometheus-postgres-exporter'] },
    apt: 'prometheus-postgres-exporter',
  },
  'redis-exporter': {
    main: 'redis_exporter',
    commands: { redis_exporter: ['redis_exporter', 'prometheus-redis-exporter'] },
    apt: 'prometheus-redis-exporter',
  },
}

export const programs = Object.keys(packages) as Program[]

/** Every command of a program that is on this machine, by the name that blueprints use. */
export function findCommands(program: Program): ReadonlyMap<string, string> {
  const { main, commands, folders } = packages[program]
  const path = (process.env['PATH'] ?? '').split(delimiter).filter(folder => folder !== '')
  const given = path.find(folder => executable(join(folder, main)))
  // The main program and its tools must be of one version: whoever puts one on PATH means its neighbours too.
  const searched = [
    ...(given ? [given] : []),
    ...(folders?.() ?? []),
    ...path,
    '/usr/local/bin',
    '/usr/bin',
    '/usr/sbin',
  ]
  const found = new Map<string, string>()
  for (const [name, files] of Object.entries(commands)) {
    const candidates = files.flatMap(file => searched.map(folder => join(folder, file)))
    const file = candidates.find(executable)
    if (file) found.set(name, file)
  }
  return found
}

/** Throws EnvironmentError with the command that installs it. */
export function mainBinary(program: Program): string {
  const found = findCommands(program).get(packages[program].main)
  if (found) return found
  const places = packages[program].folders?.().map(folder => ` and ${dirname(folder)}`) ?? []
  throw new EnvironmentError(`${packages[program].main} was not found on PATH${places.join('')}`, {
    advice: `install it: apt-get install -y --no-install-recommends ${packages[program].apt}`,
  })
}

/** A folder of links by the names that blueprints use, to be put first on PATH. */
export async function linkCommands(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 })
  for (const program of programs) {
    for (const [name, file] of findCommands(program)) await symlink(file, join(folder, name))
  }
}

/** The version in what a program prints for --version. */
export function versionIn(text: string): string {
  return /\bv?=?(\d+\.\d+(?:\.\d+)?(?:[-+~]?[\w.]+)*)/.exec(text)?.[1] ?? 'unknown'
}

function newest(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => /^\d/.test(name))
      .sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a))
  } catch {
    return []
  }
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
