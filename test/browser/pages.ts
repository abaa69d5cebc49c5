import { reportPage } from '../../src/reports/page/report.ts'
import { readSlaTable } from '../../src/sla/file.ts'
import { judgeNow, type Series, windowJudge } from '../../src/sla/judge.ts'
import { slaPage } from '../../src/sla/page.ts'
import { parseWindow } from '../../src/sla/window.ts'
import { damage, hostile, MARKUP, met, unknown, unmet } from '../fixtures/records/records.ts'

/** Every page that the harness writes, each as a function, so that only the one that a test opens is drawn. */
export const pages: Readonly<Record<string, () => string>> = {
  'a report that is met': () => reportPage(met),
  'a report that is unmet': () => reportPage(unmet),
  'a report that is unknown': () => reportPage(unknown),
  'a report with damage': () => reportPage(damage),
  'a report with hostile texts': () => reportPage(hostile),
  'a report without scenarios': () => reportPage({ ...unknown, scenarios: [] }),
  'an SLA page': () => sla('instance'),
  'an SLA page with hostile texts': () => sla(MARKUP),
}

function sla(word: string): string {
  const quoted = JSON.stringify(word)
  const table = readSlaTable(
    [
      `title: ${quoted}`,
      'sla_metrics:',
      `  ${quoted}: { target: 4, unit: ${quoted}, description: ${quoted}, query: age, operator: "<=" }`,
      '  readiness_sla: { target: 0.8, query: score, operator: ">=" }',
    ].join('\n'),
    `${word}.yml`,
  )
  const window = parseWindow('1d', 1_793_512_800)
  if (window === undefined) throw new Error('1d is a window')
  const looks = Math.round((window.to - window.from) / window.step)
  const instants = Array.from({ length: looks }, (_, index) => window.from + (index + 1) * window.step)
  const series: Series[] = [
    { labels: { instance: word }, points: instants.map((at, index) => [at, index > 700 ? 5 : 2]) },
  ]
  const results = table.slas.map((entry, index) => {
    const seen = index === 0 ? series : []
    const judge = windowJudge(entry, window)
    judge.add(seen, instants)
    return { sla: entry, now: judgeNow(entry, seen), window: judge.result() }
  })
  return slaPage({ table, prometheus: 'http://127.0.0.1:9090', at: window.to, window, verdict: 'unmet', results })
}
