/** Nobody answered in time. What was asked for may still happen. */
export class TooLate extends Error {
  override readonly name = 'TooLate'
}

/** Gives up waiting when `milliseconds` have passed, whatever the server does: a probe must not hang with it. */
export async function before<Answer>(milliseconds: number, work: Promise<Answer>, what: string): Promise<Answer> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new TooLate(`${what} took longer than its limit`)), Math.max(0, milliseconds))
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    // It lost the race; that it fails later on is no news.
    work.catch(() => {})
  }
}
