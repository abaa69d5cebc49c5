import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { unifiedDiff } from '../../../src/monitoring/diff.ts'
import { redact } from '../../../src/monitoring/redact.ts'

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/alertmanager/${name}`, import.meta.url), 'utf8')

it('takes every secret out of an Alertmanager file and keeps the rest to the letter', () => {
  const text = fixture('every-kind.yml')
  expect(redact(fixture('newer-kinds.yml'))).not.toContain('SECRET')
  const safe = redact(text)
  expect(safe).not.toContain('SECRET')
  expect(safe.split('\n')).toHaveLength(text.split('\n').length)
  expect(safe).toContain("  group_by: ['alertname', cluster]\n")
  expect(safe).toContain('  receiver: everything # the default\n')
  expect(safe).toContain('username: me')
})

it('takes them out of a prometheus.yml', () => {
  const safe = redact(`scrape_configs:
- job_name: a
  basic_auth: {username: me, password: hush}
  http_headers: {X-Key: {values: [hush]}}
  static_configs: [{targets: ['a:1']}]
remote_write:
- url: https://me:hush@example.com/push
  headers: {X-Scope: hush}
  authorization: {credentials: hush}
# bearer_token: hush
`)
  expect(safe).not.toContain('hush')
  expect(safe).toContain("targets: ['a:1']")
})

it('takes them out of a file that is no YAML', () => {
  expect(redact('receivers: [\n  api_key: hush\n')).not.toContain('hush')
})

it('shows what was changed', () => {
  expect(unifiedDiff('a\nb\n', 'a\nc\n', { before: 'x.yml', after: 'x.yml (run)' })).toBe(
    '--- x.yml\n+++ x.yml (run)\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n',
  )
  expect(unifiedDiff('a', 'a', { before: 'x', after: 'y' })).toBe('')
})
