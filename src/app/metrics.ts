import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { basename, dirname, join } from 'node:path'
import { Pushgateway, type Registry } from 'prom-client'
import { EnvironmentError, exitCodes, messageOf } from '../model/errors.ts'
import { type MetricFamily, type PastTest, testMetrics } from '../model/test-metrics.ts'
import { registryOf } from '../reports/exposition.ts'
import { archivedFiles, readRecord } from '../reports/index.ts'

export interface MetricsOptions {
  /** The run archive. */
  readonly reports: string
  /** `host:port` or a port; serves until SIGINT or SIGTERM. */
  readonly listen?: string
  readonly textfile?: string
  /** URL of a Pushgateway. */
  readonly push?: string
}

const JOB = 'genesis-drill'

/**
 * `genesis-drill metrics`: the metrics of all runs in the archive; printed when nothing else is asked for.
 * A damaged record is named on stderr and skipped. Throws EnvironmentError when a target does not take them.
 */
export async function metricsCommand(options: MetricsOptions): Promise<number> {
  await mustExist(options.reports)
  const { listen, textfile, push } = options
  const registry = await collect(options.reports)
  if (textfile !== undefined) await writeTextfile(textfile, await registry.metrics())
  if (push !== undefined) await pushTo(push, registry)
  if (listen !== undefined) await serve(listen, options.reports)
  else if (textfile === undefined && push === undefined) process.stdout.write(await registry.metrics())
  return exitCodes.met
}

async function mustExist(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined)
  if (found?.isDirectory()) return
  throw new EnvironmentError(`the run archive ${directory} is no folder`, {
    advice: 'Run a drill first, or name the archive with --reports.',
  })
}

/** What the metrics need of one file, or why it cannot be read. Records are large and never change: each is read once. */
interface ReadFile {
  readonly version: string
  readonly run?: string
  readonly tests: readonly PastTest[]
  readonly problem?: string
}

const readFiles = new Map<string, ReadFile>()

async function readOnce(file: string): Promise<ReadFile> {
  const { mtimeMs, size, ino } = await stat(file)
  const version = `${mtimeMs} ${size} ${ino}`
  const known = readFiles.get(file)
  if (known?.version === version) return known
  const read = await readTests(file, version)
  if (read.problem !== undefined) process.stderr.write(`${read.problem}; skipped\n`)
  readFiles.set(file, read)
  return read
}

async function readTests(file: string, version: string): Promise<ReadFile> {
  try {
    const { run, scenarios } = await readRecord(file)
    const tests = scenarios.map(({ system, scenario, verdict, endedAt, measures }) => ({
      system,
      scenario,
      verdict,
      endedAt,
      measures,
    }))
    return { version, run, tests }
  } catch (error) {
    return { version, tests: [], problem: messageOf(error).split('\n')[0] ?? file }
  }
}

async function collect(directory: string): Promise<Registry> {
  const read: ReadFile[] = []
  for (const file of await archivedFiles(directory)) read.push(await readOnce(file))
  const damaged = read.filter(({ problem }) => problem !== undefined).length
  const records = read.length - damaged
  // A record that was rendered again elsewhere is still one run.
  const runs = new Map(read.map(file => [file.run ?? file, file]))
  const past = [...runs.values()].flatMap(({ tests }) => tests)
  const archive: readonly MetricFamily[] = [
    gauge('genesis_drill_archive_records', 'Run records in the archive that could be read.', records),
    gauge('genesis_drill_archive_damaged_records', 'Run records in the archive that could not be read.', damaged),
    gauge(
      'genesis_drill_archive_read_timestamp_seconds',
      'When the archive was read, so that an old textfile shows its age.',
      Math.floor(Date.now() / 1000),
    ),
  ]
  return registryOf([...testMetrics(past), ...archive])
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: 'gauge', samples: [{ labels: {}, value }] }
}

/** The node exporter may read at any moment: the new text appears at once or not at all. */
async function writeTextfile(file: string, text: string): Promise<void> {
  const scratch = join(dirname(file), `.${basename(file)}.${process.pid}`)
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(scratch, text)
    await rename(scratch, file)
  } catch (error) {
    throw new EnvironmentError(`the metrics cannot be written to ${file}: ${messageOf(error)}`, { cause: error })
  } finally {
    // A failing removal must not hide why the writing failed.
    await rm(scratch, { force: true }).catch(() => undefined)
  }
}

async function pushTo(url: string, registry: Registry): Promise<void> {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new EnvironmentError('--push must be a URL such as http://127.0.0.1:9091')
  try {
    await new Pushgateway(url, { timeout: 10_000 }, registry).push({ jobName: JOB })
  } catch (error) {
    throw new EnvironmentError(`the Pushgateway at ${parsed.host} does not take the metrics: ${messageOf(error)}`, {
      advice: 'Is it running, and is this its address?',
      cause: error,
    })
  }
}

async function serve(listen: string, directory: string): Promise<void> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (path !== '/metrics') {
      response.writeHead(path === '/' ? 302 : 404, path === '/' ? { location: '/metrics' } : {}).end()
      return
    }
    collect(directory)
      .then(async registry => ({ type: registry.contentType, text: await registry.metrics() }))
      .then(
        ({ type, text }) => response.writeHead(200, { 'content-type': type }).end(text),
        // A scrape must fail rather than show old numbers.
        error => response.writeHead(500, { 'content-type': 'text/plain' }).end(`${messageOf(error)}\n`),
      )
  })
  await listening(server, listen)
  const address = server.address()
  const shown =
    address === null || typeof address === 'string' ? listen : `${hostText(address.address)}:${address.port}`
  process.stdout.write(`Serving http://${shown}/metrics from ${directory}; Ctrl-C ends it.\n`)
  await new Promise<void>(resolve => {
    const end = () => {
      server.close(() => resolve())
      server.closeAllConnections()
    }
    process.once('SIGINT', end)
    process.once('SIGTERM', end)
  })
}

function listening(server: Server, listen: string): Promise<void> {
  const match = /^(?:(?<host>.*):)?(?<port>\d{1,5})$/.exec(listen)
  const port = Number(match?.groups?.['port'])
  if (match === null || port > 65_535)
    throw new EnvironmentError(`--listen ${JSON.stringify(listen)}: expected host:port, such as 127.0.0.1:9877`)
  const host = match.groups?.['host']?.replace(/^\[|\]$/g, '') || '127.0.0.1'
  return new Promise((resolve, reject) => {
    server.once('error', error =>
      reject(
        new EnvironmentError(`cannot listen on ${host}:${port}: ${error.message}`, {
          advice: 'Choose another --listen.',
          cause: error,
        }),
      ),
    )
    server.listen(port, host, resolve)
  })
}

function hostText(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
