/** Waits for something at most this many wall milliseconds, and does not care how it ends: for goodbyes to a server that may hang. */
export async function politely(goodbye: Promise<unknown>, milliseconds = 5_000): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  await Promise.race([goodbye.then(undefined, () => {}), late])
  clearTimeout(timer)
}
