import { readFileSync } from 'node:fs'
import { chown } from 'node:fs/promises'

/** The user that runs what must not run as root. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

/** Undefined when we are not root: then everything runs as ourselves. */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const accounts = readFileSync('/etc/passwd', 'utf8').split('\n').map(parse)
  // Postgres refuses to run as root, and initdb wants a user that has a name.
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find(other => other?.name === name)
    if (account) return account
  }
  return undefined
}

/** The command, run as the account when there is one, and killed by the kernel when this harness dies. */
export function dressed(command: readonly string[], account: Account | undefined): readonly string[] {
  const drop = account ? ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--init-groups'] : []
  // A change of user clears the parent-death signal, hence a second setpriv, after it.
  return [...drop, 'setpriv', '--pdeathsig', 'KILL', ...command]
}

export async function give(path: string, account: Account | undefined): Promise<void> {
  if (account) await chown(path, account.uid, account.gid)
}

function parse(line: string): Account | undefined {
  const [name, , uid, gid, , home] = line.split(':')
  return name && uid && gid ? { name, uid: Number(uid), gid: Number(gid), home: home || '/' } : undefined
}
