import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Address } from '../../../src/model/abilities.ts'
import { LinkProxy } from '../../../src/runtimes/link.ts'
import { Ports } from '../../../src/runtimes/ports.ts'

let server: Server
let accepted: Socket[]
let target: Address | undefined
let link: LinkProxy

beforeEach(async () => {
  accepted = []
  server = createServer({ allowHalfOpen: true }, socket => accepted.push(socket.on('error', () => {})))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  link = new LinkProxy('a', 'b', { host: '127.0.0.1', port: new Ports().choose() }, () => target)
  expect(await link.listening).toBeUndefined()
})
afterEach(async () => {
  await link[Symbol.asyncDispose]()
  for (const socket of accepted) socket.destroy()
  server.close()
})

function open(): Socket {
  return connect({ ...link.address, allowHalfOpen: true }).on('error', () => {})
}

async function other(): Promise<Socket> {
  while (accepted.length === 0) await sleep(2)
  return accepted[0] as Socket
}

describe('a link', () => {
  it('passes the end of one direction on and keeps the other open', async () => {
    const client = open()
    client.end('question')
    const server = await other()
    expect(await text(server)).toBe('question')
    server.end('answer')
    expect(await text(client)).toBe('answer')
  })

  it('holds a sender back when the receiver does not read', async () => {
    const client = open()
    const server = await other()
    server.pause()
    const piece = Buffer.alloc(1024 * 1024)
    let sent = 0
    while (client.write(piece) || (await Promise.race([drained(client), sleep(300, false)]))) {
      sent += piece.length
      if (sent > 256 * piece.length) break
    }
    expect(sent).toBeLessThan(64 * piece.length)
  })

  it('looks its target up anew for each connection, and resets while there is none', async () => {
    target = undefined
    await expect(closing(open())).resolves.toBe('closed')
    target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
    open().end('question')
    expect(await text(await other())).toBe('question')
  })

  it('keeps what was sent before a delay ends in order, the end of the stream too', async () => {
    const client = open()
    const server = await other()
    await link.delay(100)
    client.write('one ')
    await sleep(20)
    await link.delay(1)
    client.end('two')
    expect(await text(server)).toBe('one two')
  })

  it('lets nothing of a dropped time through, neither at once nor when healed', async () => {
    const client = open()
    client.write('before')
    const server = await other()
    const heard: string[] = []
    server.on('data', bytes => heard.push(bytes.toString()))
    while (heard.length === 0) await sleep(2)
    await link.delay(50)
    client.write('under way')
    await sleep(10)
    await link.cut('drop')
    client.write('while cut')
    await sleep(100)
    expect(client.destroyed).toBe(false)
    await link.heal()
    await closing(client)
    expect(heard).toEqual(['before'])
  })
})

function drained(socket: Socket): Promise<true> {
  return new Promise(resolve => socket.once('drain', () => resolve(true)))
}

function closing(socket: Socket): Promise<string> {
  return new Promise(resolve => {
    if (socket.destroyed) resolve('closed')
    socket.once('close', () => resolve('closed'))
  })
}
