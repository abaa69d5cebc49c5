import type { Container } from './engine.ts'

/** The last lines that a container wrote, both streams in order. */
export async function lastLines(container: Container, lines: number): Promise<string> {
  const bytes = await container.logs({ stdout: true, stderr: true, tail: lines, follow: false })
  return unframe(bytes).trimEnd().split('\n').slice(-lines).join('\n')
}

/** The engine sends each piece with eight bytes before it: the stream, three zeros, the length. */
function unframe(bytes: Buffer): string {
  const pieces: Buffer[] = []
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4)
    pieces.push(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  return Buffer.concat(pieces).toString('utf8')
}
