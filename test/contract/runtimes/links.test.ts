import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Address, Link } from '../../../src/model/abilities.ts'
import type { Instance, Runtime } from '../../../src/model/runtime.ts'
import { runtimes } from '../where.ts'
import { ask, launchRedis } from './programs.ts'
import { withRuntime } from './stack.ts'

/** A connection that stays open; `ask` opens one for each question. */
class Conversation {
  readonly socket: Socket
  #waiting: ((answer: string) => void)[] = []

  constructor(address: Address) {
    this.socket = connect({ ...address, noDelay: true })
    this.socket.on('error', () => {})
    createInterface(this.socket)
      .on('line', answer => this.#waiting.shift()?.(answer))
      .on('error', () => {})
  }

  /** The answer is one line to every command that is used here. */
  ask(...words: readonly string[]): Promise<string> {
    this.socket.write(`*${words.length}\r\n${words.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`)
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  get closed(): Promise<string> {
    return new Promise(resolve => {
      if (this.socket.destroyed) resolve('closed')
      this.socket.once('close', () => resolve('closed'))
    })
  }
}

const silence = (milliseconds: number) => new Promise<string>(resolve => setTimeout(resolve, milliseconds, 'silence'))

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; took: number }> {
  const from = performance.now()
  return { result: await work(), took: performance.now() - from }
}

describe.each(runtimes)('a link in the %s runtime', name => {
  let runtime: Runtime
  let cache: Instance
  let link: Link & { address: Address }
  let end: () => void
  let ended: Promise<void>

  // One booted service for all: each test heals the link.
  beforeAll(async () => {
    const running = Promise.withResolvers<void>()
    const over = Promise.withResolvers<void>()
    end = over.resolve
    ended = withRuntime(name, async opened => {
      runtime = opened
      cache = await launchRedis(runtime, 'cache')
      link = await runtime.link('reader', 'cache')
      running.resolve()
      await over.promise
    })
    await Promise.race([running.promise, ended])
  })
  afterAll(async () => {
    end()
    await ended
  })

  it('is one for each pair, at the address that the peer is given', async () => {
    expect(await runtime.link('reader', 'cache')).toBe(link)
    expect(runtime.place('reader').peer('cache')).toEqual(link.address)
    expect(runtime.place('other').peer('cache')).not.toEqual(link.address)
    expect(runtime.links()).toContain(link)
  })

  it('carries everything unchanged when nothing is injected', async () => {
    const value = 'x'.repeat(3_000_000)
    const talk = new Conversation(link.address)
    expect(await talk.ask('SET', 'large', value)).toBe('+OK')
    talk.socket.destroy()
    expect(await ask(cache.address(), 'STRLEN large')).toBe(`:${value.length}`)
  })

  it('cut by dropping hangs old and new connections, touches no other link, and works anew when healed', async () => {
    const old = new Conversation(link.address)
    expect(await old.ask('PING')).toBe('+PONG')
    await link.cut('drop')
    expect(await Promise.race([old.ask('SET', 'lost', '1'), old.closed, silence(300)])).toBe('silence')
    await expect(ask(link.address, 'PING', 300)).rejects.toThrow('no answer in time')
    expect(await ask(cache.address(), 'PING')).toBe('+PONG')
    expect(await ask(runtime.place('other').peer('cache'), 'PING')).toBe('+PONG')
    await link.heal()
    // What was swallowed is gone, so a connection with a hole in it must not go on.
    expect(await old.closed).toBe('closed')
    expect(await ask(link.address, 'EXISTS lost')).toBe(':0')
  })

  it('cut by refusing ends old connections and resets new ones', async () => {
    const old = new Conversation(link.address)
    expect(await old.ask('PING')).toBe('+PONG')
    await link.cut('refuse')
    expect(await old.closed).toBe('closed')
    await expect(ask(link.address, 'PING')).rejects.toThrow()
    await link.heal()
    expect(await ask(link.address, 'PING')).toBe('+PONG')
  })

  it('delays each direction, keeps the order, and is quick again when healed', async () => {
    const talk = new Conversation(link.address)
    await talk.ask('PING')
    const quick = await timed(() => talk.ask('PING'))
    await link.delay(400)
    const slow = await timed(() => talk.ask('PING'))
    expect(slow.took).toBeGreaterThan(790)
    expect(slow.took).toBeGreaterThan(quick.took)
    const answers = [talk.ask('INCR', 'order'), talk.ask('INCR', 'order')]
    await link.delay(50)
    answers.push(talk.ask('INCR', 'order'))
    expect(await Promise.all(answers)).toEqual([':1', ':2', ':3'])
    const waiting = timed(() => talk.ask('PING'))
    await link.heal()
    expect((await waiting).took).toBeLessThan(slow.took)
    talk.socket.destroy()
  })

  it('throttles, and loses nothing', async () => {
    const value = 'y'.repeat(60_000)
    const send = () =>
      timed(async () => {
        const talk = new Conversation(link.address)
        const answer = await talk.ask('SET', 'throttled', value)
        talk.socket.destroy()
        return answer
      })
    const quick = await send()
    await link.throttle(60_000)
    const slow = await send()
    await link.heal()
    expect(slow.result).toBe('+OK')
    expect(slow.took).toBeGreaterThan(900)
    expect(slow.took).toBeGreaterThan(quick.took)
    expect(await ask(link.address, 'STRLEN throttled')).toBe(`:${value.length}`)
  })

  it('reaches a server of the harness like any service, from services and clients alike', async () => {
    const greeter = createServer(socket => socket.end('hello'))
    const host = await runtime.hostBind()
    await new Promise<void>(resolve => greeter.listen({ host, port: 0 }, resolve))
    try {
      runtime.hosted('greeter', 'main', { host, port: (greeter.address() as AddressInfo).port })
      const peer = runtime.place('cache').peer('greeter')
      await runtime.link('cache', 'greeter')
      const fetch = 'exec 3<>"/dev/tcp/$0/$1" && cat <&3'
      const fromService = () => cache.exec(['bash', '-c', fetch, peer.host, String(peer.port)], { timeoutMs: 10_000 })
      expect((await fromService()).stdout).toBe('hello')
      expect(await ask((await runtime.link('clients', 'greeter')).address, '')).toBe('hello')
      await (await runtime.link('cache', 'greeter')).cut('refuse')
      expect((await fromService()).stdout).toBe('')
    } finally {
      greeter.close()
    }
  })
})
