#!/usr/bin/env node
// From a fresh clone to a run: `npm start` and `npm test` come here. Plain JavaScript for Node 20, no dependencies.
// Says what it will do before it does it; does nothing when nothing is missing.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { argv, env, execPath, exit, getuid, platform, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const task = argv[2] ?? 'start'
const rest = argv.slice(3)
const EXIT_ENVIRONMENT = 69

/** Programs by the names that Debian and upstream give them, and Debian's package of each. */
const engines = [
  { names: ['prometheus'], package: 'prometheus' },
  { names: ['promtool'], package: 'prometheus' },
  { names: ['alertmanager', 'prometheus-alertmanager'], package: 'prometheus-alertmanager' },
  { names: ['amtool'], package: 'prometheus-alertmanager' },
  { names: ['postgres'], package: 'postgresql' },
  { names: ['initdb'], package: 'postgresql' },
  { names: ['pg_basebackup'], package: 'postgresql-client' },
  { names: ['redis-server'], package: 'redis-server' },
  { names: ['postgres_exporter', 'prometheus-postgres-exporter'], package: 'prometheus-postgres-exporter' },
  { names: ['redis_exporter', 'prometheus-redis-exporter'], package: 'prometheus-redis-exporter' },
]
const testEngines = [
  { names: ['chromium', 'chromium-browser', 'google-chrome'], package: 'chromium' },
  { names: ['pushgateway', 'prometheus-pushgateway'], package: 'prometheus-pushgateway' },
]
const promtoolOnly = engines.filter(({ names }) =>
  ['promtool', 'amtool', 'alertmanager'].some(name => names.includes(name)),
)
const images = ['prometheus', 'alertmanager', 'postgres', 'redis', 'postgres-exporter', 'redis-exporter']

function places() {
  const postgres = '/usr/lib/postgresql'
  const versions = existsSync(postgres) ? readdirSync(postgres).sort((a, b) => Number(b) - Number(a)) : []
  return [
    ...(env.PATH ?? '').split(delimiter),
    '/usr/local/bin',
    '/usr/bin',
    '/usr/sbin',
    '/snap/bin',
    ...versions.map(version => join(postgres, version, 'bin')),
  ]
}

function found(names) {
  return places().some(folder => names.some(name => executable(join(folder, name))))
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function answers(program, words) {
  return spawnSync(program, words, { stdio: 'ignore', timeout: 10_000 }).status === 0
}

/** A Docker engine that answers and holds, or can get, the images. */
function containersUsable() {
  return (
    answers('docker', ['image', 'inspect', ...images.map(name => `genesis-drill/${name}:local`)]) || officialImages()
  )
}

function officialImages() {
  const source = join(root, 'src/runtimes/images.ts')
  if (!existsSync(source)) return false
  const names = [...readFileSync(source, 'utf8').matchAll(/official: '([^']+)'/g)].map(match => match[1])
  return names.length > 0 && answers('docker', ['image', 'inspect', ...names])
}

/** What is to be done, as sentences for people and as functions. */
function plan() {
  const steps = []
  const stamp = join(root, 'node_modules/.genesis-drill-lock')
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock)
    steps.push({
      say: 'install the packages of package-lock.json (npm ci)',
      do: () => {
        run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
        writeFileSync(stamp, lock)
      },
    })
  const asked =
    env.GENESIS_DRILL_RUNTIME ?? (rest.includes('--runtime') ? rest[rest.indexOf('--runtime') + 1] : undefined)
  const testing = task !== 'start' // `only` prepares for the tests, too
  const containers = asked === 'process' ? false : containersUsable()
  const wanted = testing ? [...engines, ...testEngines] : containers || asked === 'container' ? promtoolOnly : engines
  const packages = [...new Set(wanted.filter(({ names }) => !found(names)).map(one => one.package))]
  if (packages.length > 0) steps.push(aptStep(packages))
  return steps
}

function aptStep(packages) {
  const commands = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`
  const asRoot = getuid?.() === 0
  const sudo = !asRoot && answers('sudo', ['-n', 'true'])
  if (platform !== 'linux' || !answers('apt-get', ['--version']) || (!asRoot && !sudo)) {
    console.error(`Missing: ${packages.join(', ')} (and no Docker engine with usable images answers).`)
    if (platform === 'linux' && answers('apt-get', ['--version'])) console.error(`Run: sudo sh -c '${commands}'`)
    else
      console.error(
        'Either start a Docker engine that can pull or already holds the official images, or install Prometheus, Alertmanager,\n' +
          'PostgreSQL, Redis, postgres_exporter and redis_exporter so that their programs are on PATH\n' +
          '(macOS: brew install prometheus alertmanager postgresql redis; Fedora: dnf install prometheus postgresql-server redis).',
      )
    exit(EXIT_ENVIRONMENT)
  }
  return {
    say: `install with apt: ${packages.join(' ')}; none of their services is left running or enabled`,
    do: () => installQuietly(packages, sudo ? ['sudo', '-n'] : []),
  }
}

/** dpkg asks policy-rc.d before it starts a service; while ours is there it says no. */
function installQuietly(packages, prefix) {
  const policy = '/usr/sbin/policy-rc.d'
  const cluster = '/etc/postgresql-common/createcluster.conf'
  const script = [
    'set -e',
    'export DEBIAN_FRONTEND=noninteractive',
    `made=; if [ ! -e ${policy} ]; then printf '#!/bin/sh\\nexit 101\\n' >${policy}; chmod 755 ${policy}; made=yes; fi`,
    `trap '[ -z "$made" ] || rm -f ${policy}' EXIT`,
    `if [ ! -e ${cluster} ]; then mkdir -p ${dirname(cluster)}; echo 'create_main_cluster = false' >${cluster}; fi`,
    'apt-get update -qq',
    `apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold ${packages.join(' ')}`,
    'if [ -d /run/systemd/system ]; then for unit in prometheus prometheus-alertmanager prometheus-postgres-exporter prometheus-redis-exporter prometheus-pushgateway redis-server postgresql; do',
    `  case " ${packages.join(' ')} " in *" $unit "*) systemctl disable "$unit" >/dev/null 2>&1 || true;; esac; done; fi`,
  ].join('\n')
  const [program, ...words] = [...prefix, 'sh', '-c', script]
  run(program, words, { quiet: true })
}

function run(program, words, { quiet = false } = {}) {
  const {
    status,
    error,
    stdout: out,
    stderr,
  } = spawnSync(program, words, {
    cwd: root,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    encoding: 'utf8',
  })
  if (status === 0) return
  if (quiet) console.error(`${out ?? ''}${stderr ?? ''}`.split('\n').slice(-25).join('\n'))
  console.error(
    `${program} ${words[0]} ${error ? `failed: ${error.message}` : `ended with ${status}`}. Mend that and call the same command again; what is done is kept.`,
  )
  exit(EXIT_ENVIRONMENT)
}

const steps = plan()
if (steps.length > 0) {
  console.log('Setting up Genesis Drill. This will:')
  for (const { say } of steps) console.log(`  - ${say}`)
  for (const step of steps) step.do()
  if (stdout.isTTY) console.log('Set up.\n')
}
if (task === 'only') exit(0)

const bin = join(root, 'node_modules/.bin')
const environment = { ...env, PATH: `${bin}${delimiter}${env.PATH}` }
const node = existsSync(join(bin, 'node')) ? join(bin, 'node') : execPath
const words =
  task === 'start' ? ['src/app/cli.mjs', 'run', 'drills/quickstart.yaml', ...rest] : ['scripts/test.mjs', ...rest]
mkdirSync(join(root, '.cache'), { recursive: true })
try {
  execFileSync(node, words, { cwd: root, env: environment, stdio: 'inherit' })
} catch (error) {
  exit(error.status ?? 70)
}
