import { type Detector, type Remark, spot } from '../finding.ts'

export const selfScrape: Detector = {
  summary: 'a job that scrapes Prometheus itself instead of its system, or a target twice',
  severity: 'blocker',
  needs: ['prometheus'],
  detect({ prometheus, alerts }) {
    if (prometheus === undefined) return []
    const seen = new Map<string, string>()
    return prometheus.jobs.flatMap(({ name, targets, metricsPath }): Remark[] =>
      targets.flatMap((target): Remark[] => {
        const address = `${target.value}${metricsPath}`
        const before = seen.get(address)
        seen.set(address, name)
        const place = { ...spot(prometheus.file, target), subject: `job ${name}` }
        if (
          /^(localhost|127\.0\.0\.1|\[::1\]|prometheus[\w.-]*):9090$/.test(target.value) &&
          !/prometheus|self|monitor/i.test(name)
        )
          return [
            {
              ...place,
              happens: `${target.value} is Prometheus itself: the metrics of ${name} are never scraped${alerts.length > 0 ? `, and all rules on them are silent` : ''}`,
              advice: `name the address where ${name} serves ${metricsPath}`,
            },
          ]
        if (before === undefined) return []
        return [
          {
            ...place,
            severity: 'medium',
            happens: `${address} is scraped by ${before} too: every sum over jobs counts it twice`,
            advice: 'keep one of the jobs',
          },
        ]
      }),
    )
  },
}
