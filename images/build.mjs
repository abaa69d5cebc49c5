#!/usr/bin/env node
// Builds the images of an air-gapped site from Debian packages, without any container registry:
// mmdebstrap makes one root file system from the machine's own Debian mirror, `docker import` takes it in,
// and six tags of it get the entrypoint contract of the official images. Plain JavaScript for Node 20, no dependencies.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, env, exit, getuid } from 'node:process'

const suite = option('--suite') ?? 'forky'
const force = argv.includes('--force')

/** Debian's package and the contract of each image. Every one also has a plain `sh`, as the official ones do. */
const images = {
  prometheus: { entrypoint: ['/usr/local/bin/prometheus'], user: 'nobody', ports: [9090] },
  alertmanager: { entrypoint: ['/usr/local/bin/alertmanager'], user: 'nobody', ports: [9093] },
  postgres: {
    entrypoint: ['/usr/local/bin/docker-entrypoint.sh'],
    command: ['postgres'],
    user: 'postgres',
    ports: [5432],
  },
  redis: { entrypoint: [], command: ['redis-server'], user: 'redis', ports: [6379] },
  'postgres-exporter': { entrypoint: ['/usr/local/bin/postgres_exporter'], user: 'nobody', ports: [9187] },
  'redis-exporter': { entrypoint: ['/usr/local/bin/redis_exporter'], user: 'nobody', ports: [9121] },
}
const packages = [
  'prometheus',
  'prometheus-alertmanager',
  'prometheus-postgres-exporter',
  'prometheus-redis-exporter',
  'postgresql',
  'redis-server',
  'pgbackrest',
  'ca-certificates',
  'procps',
  'coreutils',
]

// Names that the official images use, so that one blueprint serves both. Services never start while packages unpack.
const customise = `set -eu
root=$1
for pair in prometheus-alertmanager:alertmanager prometheus-postgres-exporter:postgres_exporter prometheus-redis-exporter:redis_exporter prometheus:prometheus promtool:promtool amtool:amtool; do
  [ -e "$root/usr/bin/\${pair%%:*}" ] && ln -sf "/usr/bin/\${pair%%:*}" "$root/usr/local/bin/\${pair##*:}"
done
for program in "$root"/usr/lib/postgresql/*/bin/*; do ln -sf "\${program#"$root"}" "$root/usr/local/bin/$(basename "$program")"; done
cat >"$root/usr/local/bin/docker-entrypoint.sh" <<'SCRIPT'
#!/bin/sh
set -eu
export PGDATA="\${PGDATA:-/var/lib/postgresql/data}"
if [ "\${1:-postgres}" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb -D "$PGDATA" -A "\${POSTGRES_HOST_AUTH_METHOD:-trust}" -U "\${POSTGRES_USER:-postgres}" >/dev/null
  echo "host all all all \${POSTGRES_HOST_AUTH_METHOD:-trust}" >>"$PGDATA/pg_hba.conf"
fi
exec "$@"
SCRIPT
chmod 755 "$root/usr/local/bin/docker-entrypoint.sh"
mkdir -p "$root/prometheus" "$root/alertmanager" "$root/data" "$root/var/lib/postgresql/data"
chmod 777 "$root/prometheus" "$root/alertmanager" "$root/data"
chroot "$root" chown postgres:postgres /var/lib/postgresql/data
rm -rf "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*
`

function option(name) {
  const at = argv.indexOf(name)
  return at < 0 ? undefined : argv[at + 1]
}

function docker(...words) {
  return execFileSync('docker', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

function present(name) {
  try {
    docker('image', 'inspect', name)
    return true
  } catch {
    return false
  }
}

function fail(message) {
  console.error(message)
  exit(69)
}

/** The first Debian mirror that apt itself is configured for. */
function mirror() {
  const lines = execFileSync('apt-get', ['indextargets', '--format', '$(SITE) $(RELEASE) $(COMPONENT)'], {
    encoding: 'utf8',
  })
  for (const line of lines.split('\n')) {
    const [site, release, component] = line.split(' ')
    if (
      component === 'main' &&
      site !== undefined &&
      /debian\/?$/.test(site) &&
      !/security|updates/.test(release ?? '')
    )
      return site
  }
  return fail(
    'No Debian mirror in the configuration of apt. Expected one with the component main; run `apt-get update` first.',
  )
}

function run(program, words, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'inherit', 'inherit'], ...options })
    child.once('error', reject)
    child.once('exit', code => (code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}`))))
  })
}

const missing = Object.keys(images).filter(name => force || !present(`genesis-drill/${name}:local`))
if (missing.length === 0) {
  console.log('All local images are there already (build again with --force).')
  exit(0)
}
if (getuid() !== 0) fail('Building the images needs root (mmdebstrap in root mode). Run: sudo npm run images')
try {
  execFileSync('mmdebstrap', ['--version'], { stdio: 'ignore' })
} catch {
  fail('mmdebstrap is missing. Run: apt-get install mmdebstrap')
}

const folder = mkdtempSync(join(tmpdir(), 'genesis-drill-images-'))
try {
  const hook = join(folder, 'customise.sh')
  writeFileSync(hook, customise)
  chmodSync(hook, 0o755)
  const archive = join(folder, 'root.tar')
  const site = mirror()
  console.log(
    `Building ${missing.map(name => `genesis-drill/${name}`).join(', ')} from Debian ${suite}; about a minute.`,
  )
  await run('mmdebstrap', [
    '--mode=root',
    '--variant=apt',
    '--quiet',
    '--aptopt=Apt::Install-Recommends "false"',
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--dpkgopt=path-exclude=/usr/share/doc/*',
    '--dpkgopt=path-exclude=/usr/share/man/*',
    '--dpkgopt=force-unsafe-io',
    '--essential-hook=mkdir -p "$1/etc/postgresql-common" && echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"',
    `--customize-hook=${hook} "$1"`,
    `--include=${packages.join(',')}`,
    suite,
    archive,
    `deb ${site} ${suite} main`,
  ])
  docker('import', archive, 'genesis-drill/base:local')
  for (const name of missing) {
    const { entrypoint, command, user, ports } = images[name]
    const dockerfile = [
      'FROM genesis-drill/base:local',
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8',
      `USER ${user}`,
      `ENTRYPOINT ${JSON.stringify(entrypoint)}`,
      ...(command === undefined ? [] : [`CMD ${JSON.stringify(command)}`]),
      ...ports.map(port => `EXPOSE ${port}`),
      ...(name === 'postgres' ? ['STOPSIGNAL SIGINT'] : []),
    ].join('\n')
    execFileSync('docker', ['build', '-q', '-t', `genesis-drill/${name}:local`, '-'], {
      input: dockerfile,
      env: { ...env, DOCKER_BUILDKIT: '0' },
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    console.log(
      `genesis-drill/${name}:local ${docker('image', 'inspect', '-f', '{{.Id}}', `genesis-drill/${name}:local`).slice(7, 19)}`,
    )
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
