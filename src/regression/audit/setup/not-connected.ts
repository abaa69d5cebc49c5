import { type Detector, type Remark, spot } from '../finding.ts'

export const notConnected: Detector = {
  summary: 'a Prometheus that loads no rules, or has nobody to send alerts to',
  severity: 'blocker',
  needs: ['prometheus'],
  detect({ prometheus, texts }) {
    if (prometheus === undefined) return []
    const place = spot(prometheus.file, prometheus.jobs[0] ?? { line: 1, column: 1 })
    const remarks: Remark[] = []
    const patterns = prometheus.ruleFiles.map(
      ({ value }) => new RegExp(`(^|/)${globbed(value.split('/').at(-1) ?? '')}$`),
    )
    const files = texts.filter(({ kind, snippet }) => kind === 'rules' && !snippet).map(({ file }) => file)
    if (prometheus.ruleFiles.length === 0)
      remarks.push({
        ...place,
        subject: 'rule_files',
        happens: 'no rule is loaded: no alert can ever fire',
        advice: 'add rule_files: with the path of the rules',
      })
    else
      for (const file of files)
        if (!patterns.some(pattern => pattern.test(file)))
          remarks.push({
            ...spot(prometheus.file, prometheus.ruleFiles[0] ?? { line: 1, column: 1 }),
            subject: file,
            severity: 'high',
            happens: `rule_files does not name ${file}: its alerts cannot fire`,
            advice: 'add it to rule_files',
          })
    if (prometheus.alertmanagers.length === 0 && !prometheus.discoversAlertmanagers)
      remarks.push({
        ...place,
        subject: 'alerting',
        happens: 'alerts fire and are sent to nobody: no Alertmanager is named',
        advice: 'add alerting: alertmanagers:',
      })
    return remarks
  },
}

function globbed(pattern: string): string {
  return pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
}
