import type { Redis } from '../../model/abilities.ts'

const SETTINGS = ['maxmemory', 'maxmemory-policy'] as const
export type MemorySettings = Readonly<Record<(typeof SETTINGS)[number], string>>

export async function memorySettings(redis: Redis): Promise<MemorySettings> {
  const [maxmemory, policy] = await Promise.all(SETTINGS.map(name => setting(redis, name)))
  return { maxmemory: maxmemory ?? '0', 'maxmemory-policy': policy ?? 'noeviction' }
}

export async function setMemory(redis: Redis, settings: MemorySettings): Promise<void> {
  for (const name of SETTINGS) await redis.command('CONFIG', 'SET', name, settings[name])
}

async function setting(redis: Redis, name: string): Promise<string> {
  const reply = await redis.command('CONFIG', 'GET', name)
  // RESP2 answers with a list, RESP3 with a map.
  if (Array.isArray(reply)) return String(reply[1])
  if (reply instanceof Map) return String(reply.get(name))
  return String((reply as Record<string, unknown>)[name])
}

/** A figure of INFO. */
export async function figure(redis: Redis, section: string, name: string): Promise<number> {
  return figureOf(String(await redis.command('INFO', section)), section, name)
}

/** A figure of what INFO answered. */
export function figureOf(info: string, section: string, name: string): number {
  const value = new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]
  if (value === undefined) throw new Error(`INFO ${section} of Redis shows no ${name}`)
  return Number(value)
}

/** Deletes all keys with this prefix. */
export async function deleteKeys(redis: Redis, prefix: string): Promise<void> {
  let cursor = '0'
  do {
    const reply = await redis.command('SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', '1000')
    const [next, keys] = Array.isArray(reply) ? reply : ['0', []]
    cursor = String(next)
    if (Array.isArray(keys) && keys.length > 0) await redis.command('UNLINK', ...keys.map(String))
  } while (cursor !== '0')
}
