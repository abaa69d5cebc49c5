import { execa } from 'execa'
import type { Bench } from './bench.ts'
import { inFolder } from './drill.ts'
import { shownSpread } from './table.ts'

const alertmanager = `route:
  receiver: default
  group_by: [alertname]
  routes:
${Array.from({ length: 30 }, (_, n) => `    - { matchers: ['team="t${n}"'], receiver: team-${n}, continue: ${n % 3 === 0} }`).join('\n')}
inhibit_rules:
  - { source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [team] }
receivers:
  - { name: default }
${Array.from({ length: 30 }, (_, n) => `  - { name: team-${n}, webhook_configs: [{ url: 'http://example.invalid/${n}' }] }`).join('\n')}
`

export const routes: Bench = {
  summary: 'Route tests, answered by one real Alertmanager, whole process. Aim: 1,000 under 3 s.',
  live: false,
  run: ({ quick }) => {
    const count = quick ? 50 : 1000
    const tests = `alertmanager: alertmanager.yml
routes:
${Array.from({ length: count }, (_, n) => `  - name: test ${n}\n    alerts:\n      - labels: { alertname: A${n}, team: t${n % 30}, severity: warning }\n        receivers: [team-${n % 30}]`).join('\n')}
`
    return inFolder({ 'alertmanager.yml': alertmanager, 'routes.yml': tests }, async folder => {
      const seconds: number[] = []
      const codes = new Set<number>()
      for (let run = 0; run < (quick ? 1 : 5); run++) {
        const began = performance.now()
        const { exitCode } = await execa(
          process.execPath,
          ['src/app/cli.mjs', 'check', `${folder}/routes.yml`, '--no-cache'],
          { reject: false },
        )
        seconds.push((performance.now() - began) / 1000)
        codes.add(exitCode ?? -1)
      }
      return [
        {
          'route tests': count,
          's, median (least to worst)': shownSpread(seconds, 2),
          'exit codes': [...codes].join(', '),
        },
      ]
    })
  },
}
