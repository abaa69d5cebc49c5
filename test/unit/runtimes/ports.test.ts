import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Ports, portHolder } from '../../../src/runtimes/ports.ts'

describe('a port of a run', () => {
  it('is given once, held until its service starts, and free from then on', async () => {
    await using ports = new Ports()
    const chosen = Array.from({ length: 200 }, () => ports.choose())
    expect(new Set(chosen).size).toBe(200)
    const port = chosen[0] ?? 0
    ports.hold(port)
    expect(await listen(port)).toBe('EADDRINUSE')
    await expect(connected(port)).rejects.toThrow('ECONNRESET')
    expect(await ports.release(port)).toBeUndefined()
    expect(await listen(port)).toBe('listening')
  })

  it('that somebody else took is reported, with the program that holds it', async () => {
    const thief = createServer()
    await new Promise<void>(resolve => thief.listen(0, '127.0.0.1', resolve))
    const { port } = thief.address() as AddressInfo
    try {
      await using ports = new Ports()
      ports.hold(port)
      expect((await ports.release(port))?.message).toContain('EADDRINUSE')
      expect(portHolder(port)).toContain(`(pid ${process.pid})`)
    } finally {
      thief.close()
    }
    expect(portHolder(1)).toBeUndefined()
  })
})

function listen(port: number): Promise<string> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', error => resolve((error as NodeJS.ErrnoException).code ?? ''))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve('listening')))
  })
}

function connected(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', reject)
    socket.once('end', resolve)
  })
}
