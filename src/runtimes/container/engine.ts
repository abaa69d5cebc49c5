import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerRuntimeClient } from 'testcontainers'
import { EnvironmentError, messageOf } from '../../model/errors.ts'

/** A container engine that answers. */
export type Engine = ContainerRuntimeClient
export type Container = ReturnType<Engine['container']['getById']>
export type Network = ReturnType<Engine['network']['getById']>

const REACH_LIMIT_MS = 8_000
const ADVICE = 'start the Docker engine (systemctl start docker), or use --runtime process'

let found: Promise<Engine> | undefined

/** Throws EnvironmentError when no engine answers. Asked once; a failure is not remembered. */
export function reachEngine(): Promise<Engine> {
  found ??= reach().catch(error => {
    found = undefined
    throw error
  })
  return found
}

/** Whether there is any sign of an engine: without one it is not worth loading the library. */
export function engineLikely(): boolean {
  const places = [
    '/var/run/docker.sock',
    join(process.env['XDG_RUNTIME_DIR'] ?? '/nonexistent', 'docker.sock'),
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.testcontainers.properties'),
  ]
  return Boolean(process.env['DOCKER_HOST'] || process.env['TESTCONTAINERS_HOST_OVERRIDE']) || places.some(existsSync)
}

async function reach(): Promise<Engine> {
  if (!engineLikely()) {
    throw new EnvironmentError('no Docker engine: neither DOCKER_HOST nor a socket was found', { advice: ADVICE })
  }
  const { getContainerRuntimeClient } = await import('testcontainers')
  const late = new AbortController()
  try {
    return await Promise.race([
      getContainerRuntimeClient(),
      sleep(REACH_LIMIT_MS, undefined, { signal: late.signal }).then(() => {
        throw new Error(`it gave no answer within ${REACH_LIMIT_MS / 1000} s`)
      }),
    ])
  } catch (cause) {
    throw new EnvironmentError(`the Docker engine cannot be reached: ${messageOf(cause)}`, { cause, advice: ADVICE })
  } finally {
    late.abort()
  }
}

/**
 * Whether an address is one of this machine's. Tried, not read off a list: the list of interfaces leaves out bridges that no container
 * uses yet, and beside /.dockerenv the engine's host is named by the bridge's address although it is here.
 */
export async function isOurs(host: string): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port: 0 }, () => server.close(() => resolve(true)))
  })
}

/** The address by which this machine reaches another one, so presumably is reached by it. */
export async function addressTowards(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host, port })
    const end = (address?: string) => {
      socket.destroy()
      resolve(address)
    }
    socket.setTimeout(3_000, () => end())
    socket.once('error', () => end())
    socket.once('connect', () => end(socket.localAddress))
  })
}
