import type { BackupSet, RecoveryTarget } from '../../model/abilities.ts'
import { messageOf } from '../../model/errors.ts'
import type { Evidence } from '../../model/finding.ts'
import { until } from '../until.ts'
import { readArchive } from './archive.ts'
import { chooseSet, describeTarget, holeInTheWay, type PostgresSet, recoverySettings } from './backup-set.ts'
import type { BackupTool } from './backup-tool.ts'
import type { Member } from './member.ts'

const RECOVERY_MS = 600_000

/** Lets the tool copy the set into a data directory of its own and prove the copy, and prints the numbers of the old one and of it. */
const PREPARE = `set -e
root=$1 settings=$2
shift 2
old=$(readlink "$root/current" || true)
number=1
while [ -e "$root/$number" ]; do number=$((number + 1)); done
rm -rf "$root/next"
mkdir -m 700 "$root/next"
"$@" >&2
rm -f "$root/next/standby.signal"
auto=$root/next/postgresql.auto.conf
sed -i -E '/^(primary_|restore_command|recovery_|synchronous_standby_names)/d' "$auto"
printf '%s\\n' "$settings" >>"$auto"
touch "$root/next/recovery.signal"
mv "$root/next" "$root/$number"
echo "$old $number"`

const SWITCH = 'rm -f "$1/join" && ln -sfn "$2" "$1/current"'

/**
 * Replaces the data of the service by those of a backup set, recovered to the target. The old data directory is kept aside, and is put
 * back (the service stays down) when the restore fails. Throws with Postgres's own words.
 */
export async function restoreSet(
  member: Member,
  tool: BackupTool,
  sets: readonly PostgresSet[],
  wanted: { readonly set?: string } & RecoveryTarget,
): Promise<{ set: BackupSet; evidence: readonly Evidence[] }> {
  const archive = await readArchive(member)
  const set = chooseSet(sets, wanted, archive)
  const goal = describeTarget(wanted)
  if (set.verification === 'damaged')
    throw new Error(`backup set ${set.id} is damaged and was not restored: ${set.verificationMessage}`)
  if (archive === undefined && wanted.to !== 'end')
    throw new Error(
      `${member.service} archives no WAL, so it cannot be recovered ${goal}, only to the end of a backup set`,
    )
  const hole = archive === undefined ? undefined : holeInTheWay(set, wanted, archive)
  if (hole !== undefined) throw new Error(`${member.service} was not restored ${goal}: ${hole}`)

  const following = member.following
  const settings = recoverySettings(wanted, member.archiving?.restoreCommand).join('\n')
  // The service goes on as it is until the copy has proven good.
  const prepared = await member
    .shell(PREPARE, [member.root, settings, ...tool.copyOut(set, `${member.root}/next`)])
    .catch(error => {
      throw new Error(`backup set ${set.id} of ${member.service} cannot be restored: ${messageOf(error)}`, {
        cause: error,
      })
    })
  const [old = '', fresh = ''] = prepared.trimEnd().split(' ')
  await member.instance.stop()
  try {
    await member.shell(SWITCH, [member.root, fresh])
    member.following = undefined
    await member.instance.start()
    await until(`${member.service} recovering ${goal}`, RECOVERY_MS, async () => {
      if (await member.instance.running()) return !(await member.inRecovery())
      return 'ended'
    }).then(outcome => {
      if (outcome === 'ended') throw new Error('Postgres ended')
    })
  } catch (error) {
    const words = await member.lastWords().catch(() => '')
    await member.instance.kill()
    member.following = following
    if (old !== '') await member.shell(SWITCH, [member.root, old])
    throw new Error(
      `${member.service} could not be recovered ${goal} from backup set ${set.id}: ${messageOf(error)}\n${words}`,
      {
        cause: error,
      },
    )
  }
  return { set, evidence: [await evidence(member, set, goal, old)] }
}

async function evidence(member: Member, set: PostgresSet, goal: string, old: string): Promise<Evidence> {
  const log = (await member.instance.tail(400)).split('\n')
  const from = log.findLastIndex(line =>
    /starting (point-in-time|archive) recovery|starting backup recovery/.test(line),
  )
  const last = (pattern: RegExp) => {
    const line = log.slice(Math.max(0, from)).findLast(text => pattern.test(text))
    return line?.replace(/^.*?LOG:\s*/, '') ?? null
  }
  return {
    kind: 'values',
    title: `Restore of ${member.service}`,
    values: {
      'backup set': set.id,
      'ended at': new Date(set.stoppedAt).toISOString(),
      target: goal,
      stopped: last(/recovery stopping/),
      'last transaction': last(/last completed transaction/),
      timeline: last(/selected new timeline ID/),
      'verified against its manifest': true,
      'old data kept in': old === '' ? null : `${member.root}/${old}`,
    },
  }
}
