const CODES = { SIGINT: 130, SIGTERM: 143 } as const

/** Ends the program as a signal would, but lets it first end the engines that it has started and remove their files. */
export function endOnSignal(): void {
  for (const [signal, code] of Object.entries(CODES)) process.once(signal, () => process.exit(code))
}
