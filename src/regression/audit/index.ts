import { withoutAccepted } from './disable.ts'
import { type AuditFinding, type Detector, severities } from './finding.ts'
import type { AuditInput } from './input.ts'
import { bandGap } from './objectives/band-gap.ts'
import { detectsTooLate } from './objectives/detects-too-late.ts'
import { missingMetric } from './objectives/missing-metric.ts'
import { objectiveWithoutRule } from './objectives/objective-without-rule.ts'
import { slaGap } from './objectives/sla-gap.ts'
import { unwatchedMetric } from './objectives/unwatched-metric.ts'
import { continueWithoutEffect } from './routing/continue-without-effect.ts'
import { criticalNotPaged } from './routing/critical-not-paged.ts'
import { deadReceiver } from './routing/dead-receiver.ts'
import { deadRoute } from './routing/dead-route.ts'
import { labelNeverEmitted } from './routing/label-never-emitted.ts'
import { loopbackAddress } from './routing/loopback-address.ts'
import { outdatedNotation } from './routing/outdated-notation.ts'
import { pace } from './routing/pace.ts'
import { silentResolve } from './routing/silent-resolve.ts'
import { annotations } from './rules/annotations.ts'
import { boundedRange } from './rules/bounded-range.ts'
import { calendarMonth } from './rules/calendar-month.ts'
import { divisionByZero } from './rules/division-by-zero.ts'
import { doubtfulQuery } from './rules/doubtful-query.ts'
import { duplicateCondition } from './rules/duplicate-condition.ts'
import { metricNaming } from './rules/metric-naming.ts'
import { neverFiresWithoutSeries } from './rules/never-fires-without-series.ts'
import { noWatchdog } from './rules/no-watchdog.ts'
import { rangeBeyondRetention } from './rules/range-beyond-retention.ts'
import { rangeUnderTwoScrapes } from './rules/range-under-two-scrapes.ts'
import { resolvesWhenTargetDies } from './rules/resolves-when-target-dies.ts'
import { warningAfterCritical } from './rules/warning-after-critical.ts'
import { documentedCommand } from './setup/documented-command.ts'
import { notConnected } from './setup/not-connected.ts'
import { placeholder } from './setup/placeholder.ts'
import { selfScrape } from './setup/self-scrape.ts'
import { unexpandedVariable } from './setup/unexpanded-variable.ts'
import { unloadable } from './setup/unloadable.ts'

export const detectors = {
  unloadable,
  'unexpanded-variable': unexpandedVariable,
  placeholder,
  'not-connected': notConnected,
  'self-scrape': selfScrape,
  'documented-command': documentedCommand,
  'dead-route': deadRoute,
  'dead-receiver': deadReceiver,
  'label-never-emitted': labelNeverEmitted,
  'continue-without-effect': continueWithoutEffect,
  'silent-resolve': silentResolve,
  'critical-not-paged': criticalNotPaged,
  'loopback-address': loopbackAddress,
  pace,
  'outdated-notation': outdatedNotation,
  'resolves-when-target-dies': resolvesWhenTargetDies,
  'never-fires-without-series': neverFiresWithoutSeries,
  'bounded-range': boundedRange,
  'duplicate-condition': duplicateCondition,
  'warning-after-critical': warningAfterCritical,
  'division-by-zero': divisionByZero,
  'doubtful-query': doubtfulQuery,
  'calendar-month': calendarMonth,
  'range-beyond-retention': rangeBeyondRetention,
  'range-under-two-scrapes': rangeUnderTwoScrapes,
  'no-watchdog': noWatchdog,
  annotations,
  'metric-naming': metricNaming,
  'sla-gap': slaGap,
  'detects-too-late': detectsTooLate,
  'objective-without-rule': objectiveWithoutRule,
  'band-gap': bandGap,
  'missing-metric': missingMetric,
  'unwatched-metric': unwatchedMetric,
} as const satisfies Readonly<Record<string, Detector>>

/** All findings, the gravest first, then by place. Accepted ones are left out. */
export async function audit(input: AuditInput): Promise<AuditFinding[]> {
  const found = await Promise.all(
    Object.entries<Detector>(detectors)
      .filter(([, { needs }]) => needs.every(name => input.given.has(name)))
      .map(async ([name, detector]) =>
        [...(await detector.detect(input))].map(remark => ({
          ...remark,
          detector: name,
          severity: remark.severity ?? detector.severity,
        })),
      ),
  )
  const grave = (finding: AuditFinding): number => severities.indexOf(finding.severity)
  return withoutAccepted(found.flat(), input.texts, Object.keys(detectors)).sort(
    (a, b) => grave(a) - grave(b) || a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
  )
}
