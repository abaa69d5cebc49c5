import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { getContainerRuntimeClient } from 'testcontainers'
import { describe, expect, it } from 'vitest'
import type { RuntimeName } from '../../../src/model/runtime.ts'
import { clean, journalFile, openRuntime } from '../../../src/runtimes/index.ts'
import { runtimes } from '../where.ts'
import { ask, launchRedis } from './programs.ts'
import { newRun } from './stack.ts'

/** Boots a stack in a harness of its own and kills that with SIGKILL. Gives the ports of its services. */
async function killedHarness(name: RuntimeName, run: string, state: string): Promise<readonly number[]> {
  const script = fileURLToPath(new URL('doomed.ts', import.meta.url))
  const child = spawn(process.execPath, [script, name, run, state], { stdio: ['ignore', 'pipe', 'inherit'] })
  const died = once(child, 'exit')
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), died.then(() => ['[]'])])
  await writeFile(journalFile(state, run), '{"entry":"run.started"}\n')
  child.kill('SIGKILL')
  await died
  return JSON.parse(line)
}

/** Whatever of a run is still on this machine. */
async function remains(name: RuntimeName, run: string): Promise<string[]> {
  if (name === 'container') {
    const { dockerode } = (await getContainerRuntimeClient()).container
    const filters = { label: [`genesis-drill.run=${run}`] }
    return [
      ...(await dockerode.listContainers({ all: true, filters })).map(({ Id }) => `container ${Id}`),
      ...(await dockerode.listNetworks({ filters })).map(({ Name }) => `network ${Name}`),
      ...((await dockerode.listVolumes({ filters })).Volumes ?? []).map(({ Name }) => `volume ${Name}`),
    ]
  }
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter(entry => /^\d+$/.test(entry))) {
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (environ.includes(`GENESIS_DRILL_RUN=${run}`) || command.includes(`/${run}/`)) found.push(`process ${command}`)
  }
  const mounts = await readFile('/proc/self/mounts', 'utf8')
  return [...found, ...mounts.split('\n').filter(line => line.includes(`/${run}/`))]
}

describe.each(runtimes)('after kill -9 of a harness with the %s runtime', name => {
  it('clean removes all of its run, gives its journal, and touches no living run', async () => {
    const state = await mkdtemp(join(tmpdir(), 'drill-state-'))
    const run = newRun()
    const living = await openRuntime({ name, run: newRun(), state })
    try {
      const cache = await launchRedis(living, 'cache')
      const ports = await killedHarness(name, run, state)
      expect(ports).toHaveLength(2)

      const { removed, failed, runs } = await clean({ state })
      expect(failed).toEqual([])
      const kinds = {
        container: ['container', 'network', 'volume'],
        process: ['process', 'shared memory', 'directory'],
      }
      expect(removed.map(({ what }) => what)).toEqual(expect.arrayContaining(kinds[name]))
      expect(runs).toEqual([{ run, journal: '{"entry":"run.started"}\n' }])
      expect(await remains(name, run)).toEqual([])
      await expect(access(journalFile(state, run))).rejects.toThrow()
      for (const port of ports) expect(await isFree(port)).toBe(true)

      expect(await ask(cache.address(), 'PING')).toBe('+PONG')
      expect(await clean({ state })).toEqual({ removed: [], failed: [], runs: [] })
    } finally {
      await living[Symbol.asyncDispose]()
      await rm(state, { recursive: true, force: true })
    }
  })

  it('what has lost its directory is found all the same', async () => {
    const state = await mkdtemp(join(tmpdir(), 'drill-state-'))
    const run = newRun()
    try {
      await killedHarness(name, run, state)
      if (name === 'container') await rm(join(state, 'runs'), { recursive: true })
      const { failed } = await clean({ state })
      expect(failed).toEqual([])
      expect(await remains(name, run)).toEqual([])
    } finally {
      await rm(state, { recursive: true, force: true })
    }
  })

  it('runs of another state directory are not judged', async () => {
    const states = [
      await mkdtemp(join(tmpdir(), 'drill-state-')),
      await mkdtemp(join(tmpdir(), 'drill-state-')),
    ] as const
    const run = newRun()
    try {
      await killedHarness(name, run, states[0])
      expect(await clean({ state: states[1] })).toEqual({ removed: [], failed: [], runs: [] })
      expect((await clean({ state: states[0] })).runs).toHaveLength(1)
      expect(await remains(name, run)).toEqual([])
    } finally {
      for (const state of states) await rm(state, { recursive: true, force: true })
    }
  })
})

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)))
  })
}
