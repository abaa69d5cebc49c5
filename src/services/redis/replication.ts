import type { Attempt, Replication } from '../../model/abilities.ts'
import { messageOf } from '../../model/errors.ts'
import { RedisMember } from './member.ts'

export function redisReplication(member: RedisMember): Replication {
  const promotions: Attempt[] = []
  const { runtime } = member.host
  const primary = () => (member.following === undefined ? undefined : RedisMember.of(runtime, member.following))
  const applied = async () => Number((await member.info('replication')).get('slave_repl_offset') ?? 0)

  return {
    upstream: async () => ((await member.info('replication')).get('role') === 'slave' ? member.following : undefined),

    async lagSeconds() {
      const upstream = primary()
      if (upstream === undefined) return 0
      const asked = performance.now()
      return upstream.offsets.behind(await applied(), asked) / 1000
    },

    async queueSize() {
      const upstream = primary()
      if (upstream === undefined) return 0
      // As sampled, so that a frozen primary does not hold up the question.
      return Math.max(0, (upstream.offsets.latest() ?? 0) - (await applied()))
    },

    // Redis cannot hold back what has arrived; nothing arriving looks the same to whoever reads the replica.
    async pauseApply() {
      if (member.following !== undefined) await (await runtime.link(member.service, member.following)).cut('drop')
    },

    async resumeApply() {
      if (member.following !== undefined) await (await runtime.link(member.service, member.following)).heal()
    },

    async promote() {
      const [started, startedAt] = [performance.now(), Date.now()]
      try {
        if ((await member.info('replication')).get('role') !== 'slave') throw new Error('it is a primary already')
        await member.command('REPLICAOF', 'NO', 'ONE')
        await member.command('CONFIG', 'SET', 'min-replicas-to-write', '0')
      } catch (error) {
        promotions.push({ startedAt, endedAt: Date.now(), succeeded: false })
        throw new Error(`${member.service} could not be promoted: ${messageOf(error)}`, { cause: error })
      }
      const milliseconds = performance.now() - started
      promotions.push({ startedAt, endedAt: Date.now(), succeeded: true })
      member.following = undefined
      await member.keepRole(member.role(undefined))
      return { milliseconds }
    },

    async fence() {
      await member.instance.kill()
      member.following = undefined
      await member.keepRole(['min-replicas-to-write 99'])
    },

    async rebuild(service) {
      const started = performance.now()
      const source = RedisMember.of(runtime, service)
      if (source === member) throw new Error(`${service} cannot follow itself`)
      const before = await source.info('stats')
      await member.keepRole(member.role(service))
      member.following = service
      if (await member.instance.running()) {
        const { host, port } = member.host.place.peer(service)
        await member.command('REPLICAOF', host, String(port))
        await member.command('CONFIG', 'SET', 'min-replicas-to-write', '0')
      } else {
        await member.instance.start()
      }
      await member.untilLinked()
      const after = await source.info('stats')
      const method = after.get('sync_full') === before.get('sync_full') ? 'partial resync' : 'full resync'
      return { method, milliseconds: performance.now() - started }
    },

    promotions: () => promotions,
  }
}
