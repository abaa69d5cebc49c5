import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt, Replication } from '../../model/abilities.ts'
import { messageOf } from '../../model/errors.ts'
import { until } from '../until.ts'
import { Heartbeat } from './heartbeat.ts'
import { Member } from './member.ts'

const PROMOTION_MS = 60_000
const PATIENCE_MS = 300

export function postgresReplication(member: Member): Replication {
  const promotions: Attempt[] = []
  const primary = () => (member.following === undefined ? undefined : Member.of(member.host.runtime, member.following))

  return {
    upstream: async () => ((await member.inRecovery()) ? member.following : undefined),

    async lagSeconds() {
      const upstream = primary()
      if (upstream === undefined) return 0
      const asked = performance.now()
      const visible = Number(await member.value(Heartbeat.visible))
      return upstream.beats.behind(visible, asked) / 1000
    },

    async queueSize() {
      const upstream = primary()
      if (upstream === undefined) return 0
      // A frozen primary must not hold up the question; what has been received is counted then.
      const written = await Promise.race([
        upstream.value('select pg_current_wal_lsn()::text').catch(() => null),
        sleep(PATIENCE_MS, null, { ref: false }),
      ])
      return Number(
        await member.value(
          'select greatest(0, coalesce($1::pg_lsn, pg_last_wal_receive_lsn()) - pg_last_wal_replay_lsn())::float8',
          [written],
        ),
      )
    },

    async pauseApply() {
      await member.query('select pg_wal_replay_pause()')
      await until(
        `${member.service} pausing its replay`,
        10_000,
        async () => (await member.value('select pg_get_wal_replay_pause_state()')) === 'paused',
      )
    },

    async resumeApply() {
      if (await member.inRecovery()) await member.query('select pg_wal_replay_resume()')
    },

    async promote() {
      const [started, startedAt] = [performance.now(), Date.now()]
      try {
        if (!(await member.inRecovery())) throw new Error('it is a primary already')
        // The waiting form looks only every 100 ms.
        if ((await member.value('select pg_promote(false)')) !== true) throw new Error('pg_promote said false')
        await until('leaving recovery', PROMOTION_MS, async () => !(await member.inRecovery()), {
          seen: () => member.lastWords(),
        })
      } catch (error) {
        promotions.push({ startedAt, endedAt: Date.now(), succeeded: false })
        throw new Error(`${member.service} could not be promoted: ${messageOf(error)}`, { cause: error })
      }
      const milliseconds = performance.now() - started
      promotions.push({ startedAt, endedAt: Date.now(), succeeded: true })
      member.following = undefined
      return { milliseconds }
    },

    async fence() {
      await member.instance.kill()
      // Whoever starts it again, by whatever means, gets a standby that follows nobody and refuses writes.
      await member.shell(
        `set -e
        auto=$1/postgresql.auto.conf
        touch "$1/standby.signal"
        sed -i -E '/^(primary_|restore_command|recovery_|synchronous_standby_names)/d' "$auto"
        sync "$1/standby.signal" "$auto"`,
        [`${member.root}/current`],
      )
      member.following = undefined
    },

    async rebuild(service) {
      const started = performance.now()
      const source = Member.of(member.host.runtime, service)
      if (source === member) throw new Error(`${service} cannot follow itself`)
      if (await source.inRecovery()) throw new Error(`${service} is a standby itself; rebuild from the primary`)
      // pg_rewind reads the timeline from the control file, which a fresh primary has not written yet.
      await source.longQuery('checkpoint')
      await source.openSlot(member.slot)
      await member.instance.stop()
      member.following = service
      await member.shell(`rm -f "$1/joined" && mkdir -p "$1" && printf '%s' "$2" >"$1/join"`, [
        member.root,
        member.conninfo(service),
      ])
      await member.instance.start()
      await member.untilStreaming()
      await source.acknowledgeStandbys()
      const method = await member.shell('cat "$1/joined"', [member.root])
      return { method, milliseconds: performance.now() - started }
    },

    promotions: () => promotions,
  }
}
