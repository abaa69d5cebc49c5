import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

/** A file, or a directory when it has no content, as it shall be in a container. */
export interface Entry {
  /** Absolute. */
  readonly path: string
  readonly content?: string
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

const BLOCK = 512

/** A tar archive to be unpacked at `/`. testcontainers' own copying knows no owners, and the database user must own its data. */
export function archiveOf(entries: readonly Entry[]): Readable {
  const blocks: Buffer[] = []
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '')
    blocks.push(header(entry, content.length), content, Buffer.alloc(-content.length & (BLOCK - 1)))
  }
  return Readable.from([Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)])])
}

/** The content of the one file in an archive, as the engine hands out files. */
export async function onlyFile(archive: NodeJS.ReadableStream): Promise<string> {
  const bytes = await buffer(archive as Readable)
  const size = Number.parseInt(bytes.toString('latin1', 124, 136), 8)
  return bytes.toString('utf8', BLOCK, BLOCK + size)
}

function header({ path, content, uid, gid, mode }: Entry, size: number): Buffer {
  const name = path.replace(/^\/+/, '') + (content === undefined ? '/' : '')
  if (Buffer.byteLength(name) > 100) throw new Error(`the path is too long for an archive: ${path}`)
  const block = Buffer.alloc(BLOCK)
  block.write(name, 0)
  const octal = (value: number, at: number, length: number) =>
    block.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1')
  octal(mode, 100, 8)
  octal(uid, 108, 8)
  octal(gid, 116, 8)
  octal(size, 124, 12)
  octal(Math.floor(Date.now() / 1000), 136, 12)
  block.write(content === undefined ? '5' : '0', 156)
  block.write('ustar\u000000', 257, 'latin1')
  block.fill(' ', 148, 156)
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  return block
}
