import type { Owner } from './state.ts'

/** What everything that a run starts carries, so that it can be told whose it is when the run's directory is gone. */
export interface Claim {
  readonly run: string
  /** The state directory: a run of another one is not ours to judge. */
  readonly state: string
  readonly owner: Owner
}

export const RUN_LABEL = 'genesis-drill.run'
const STATE_LABEL = 'genesis-drill.state'
const OWNER_LABEL = 'genesis-drill.owner'

const RUN_VARIABLE = 'GENESIS_DRILL_RUN'
const CLAIM_VARIABLE = 'GENESIS_DRILL_CLAIM'

export function labelsOf({ run, state, owner }: Claim): Record<string, string> {
  return { [RUN_LABEL]: run, [STATE_LABEL]: state, [OWNER_LABEL]: JSON.stringify(owner) }
}

export function claimIn(labels: Readonly<Record<string, string>> | null | undefined): Claim | undefined {
  const { [RUN_LABEL]: run, [STATE_LABEL]: state, [OWNER_LABEL]: owner = '' } = labels ?? {}
  return whole({ run, state, owner: json(owner) })
}

/** The environment of every process of a run. */
export function variablesOf(claim: Claim): Record<string, string> {
  return { [RUN_VARIABLE]: claim.run, [CLAIM_VARIABLE]: JSON.stringify(claim) }
}

/** From the text of /proc/PID/environ. */
export function claimInEnvironment(environ: string): Claim | undefined {
  const line = environ.split('\0').find(entry => entry.startsWith(`${CLAIM_VARIABLE}=`)) ?? ''
  return whole(json(line.slice(CLAIM_VARIABLE.length + 1)))
}

/** Undefined for what is not in our form: then it is not ours to touch. */
function whole(value: unknown): Claim | undefined {
  const { run, state, owner } = (value ?? {}) as Partial<Claim>
  if (typeof run !== 'string' || typeof state !== 'string') return undefined
  return typeof owner?.pid === 'number' && typeof owner.host === 'string' ? { run, state, owner } : undefined
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
