import type { Row } from '../../model/abilities.ts'
import type { Evidence } from '../../model/finding.ts'
import type { RunContext } from '../../model/kind.ts'

interface Mistake {
  readonly service: string
  /** The statement, as it is shown. */
  readonly statement: string
  readonly parameters?: readonly unknown[]
  /** What the statement's result shows. */
  readonly effect: (rows: readonly Row[]) => string
}

const LIMIT_MS = 30_000

/**
 * A person's error: a statement that the database carries out and replicates as it was told to.
 *
 * Rolling back puts nothing back. No database can undo a committed mistake, and a copy kept aside would show a recovery that the
 * system under test does not have: getting the data back is what the runbook must prove. The damage ends with the run, whose
 * databases are its own.
 */
export function mistake({ service, statement, parameters = [], effect }: Mistake, run: RunContext) {
  let made = false
  return {
    async inject(): Promise<readonly Evidence[]> {
      await using connection = await run.ability(service, 'sql').connect({ timeoutMs: LIMIT_MS })
      // The instants are taken before the transaction begins, so a restore to them is sure not to contain it. Recovery compares with
      // the server's clock, so that one is asked.
      const began = run.clock.now()
      const [clock] = await connection.query('select floor(extract(epoch from clock_timestamp()) * 1000)::text as wall')
      const beganWall = Number(clock?.['wall'])
      await connection.query('begin')
      const [transaction] = await connection.query('select pg_current_xact_id()::text as xid')
      const xid = String(transaction?.['xid'])
      const rows = await connection.query(statement, parameters)
      await connection.query('commit')
      made = true
      run.append({ event: 'mistake', service: behind(service, run), xid, began, beganWall, statement })
      return [
        {
          kind: 'values',
          title: `a mistake was made on ${service}`,
          values: {
            statement,
            effect: effect(rows),
            transaction: xid,
            'last instant before it': new Date(beganWall).toISOString(),
          },
        },
      ]
    },
    async rollback(): Promise<void> {
      if (!made) return
      made = false
      run.append({
        event: 'note',
        message: `"${statement}" on ${service} is not rolled back: only a restore to the time before it brings the data back`,
      })
    },
  }
}

/** An endpoint only leads to the server that carries the statement out, and that is the one to restore. */
function behind(service: string, run: RunContext): string {
  return run.has(service, 'endpoint') ? run.ability(service, 'endpoint').target() : service
}
