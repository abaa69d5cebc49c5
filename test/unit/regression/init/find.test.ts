import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { findMonitoring } from '../../../../src/regression/init/find.ts'

const folder = mkdtempSync(join(tmpdir(), 'find-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

it('finds monitoring files by what they hold, not by their names', () => {
  put('ops/thing.yaml', 'groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up == 0\n')
  put(
    'k8s/rule.yml',
    'kind: PrometheusRule\nspec:\n  groups:\n  - name: a\n    rules:\n    - record: a:b\n      expr: sum(up)\n',
  )
  put('ops/mail.yml', 'route: { receiver: a }\nreceivers: [{ name: a }]\n')
  put('ops/prom.yml', 'scrape_configs: []\n')
  put('deploy.yml', 'kind: Deployment\nspec: { replicas: 1 }\n')
  put('users.yml', 'groups: [admins]\n')
  put('node_modules/x/rules.yml', 'groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n')
  put('tests.yml', 'rule_files: [thing.yaml]\ntests: []\n')
  expect(findMonitoring(folder)).toEqual({
    rules: [join(folder, 'k8s/rule.yml'), join(folder, 'ops/thing.yaml')],
    alertmanager: [join(folder, 'ops/mail.yml')],
    prometheus: [join(folder, 'ops/prom.yml')],
  })
})
