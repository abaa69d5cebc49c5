import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { auditCommand } from '../../../src/app/audit.ts'

const seed = (name: string) => fileURLToPath(new URL(`../../fixtures/seeds/genesis-dr/${name}`, import.meta.url))

async function audit(options: Parameters<typeof auditCommand>[0]): Promise<{ code: number; out: string }> {
  let out = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    out += text
    return true
  })
  try {
    return { code: await auditCommand(options), out }
  } finally {
    write.mockRestore()
  }
}

it('prints place, severity, what will happen and what to do, and ends with 1', async () => {
  const { code, out } = await audit({ rules: [seed('rules.yml')], alertmanager: seed('alertmanager.yml') })
  expect(code).toBe(1)
  expect(out).toMatch(
    /alertmanager\.yml:13:5: high dead-route: .*\n {4}dr_critical is never told .*component is backup, replication.*\n {4}to do: /,
  )
  expect(out).toMatch(
    /alertmanager\.yml:\d+:1: blocker unloadable: .*\n {4}amtool \d[\w.]* refuses it: unsupported scheme/,
  )
  expect(out).toMatch(/\d+ findings: 1 blocker, \d+ high, \d+ medium, \d+ low\n$/)
})

it('prints JSON and leaves out what is less severe than asked', async () => {
  const { out } = await audit({ rules: [seed('rules.yml')], severity: 'high', json: true })
  const found: { severity: string; detector: string }[] = JSON.parse(out)
  expect(found.map(({ detector }) => detector)).toContain('calendar-month')
  expect(new Set(found.map(({ severity }) => severity))).toEqual(new Set(['high']))
})

it('ends with 0 when nothing is left', async () => {
  expect(await audit({ objectives: seed('objectives.yml'), severity: 'blocker' })).toEqual({
    code: 0,
    out: 'no findings\n',
  })
})

it('reads whole directories, and says what it cannot read', async () => {
  const folder = fileURLToPath(new URL('../../fixtures/rules', import.meta.url))
  expect((await audit({ rules: [folder], severity: 'medium' })).out).toContain('blackbox.yml:45:13: high bounded-range')
  await expect(auditCommand({})).rejects.toThrow('nothing to look at')
  await expect(auditCommand({ rules: ['/none.yml'], severity: 'grave' })).rejects.toThrow(
    /grave is none of blocker[\s\S]*none.yml: it cannot be read/,
  )
})
