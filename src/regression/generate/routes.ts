import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { stringify } from 'yaml'
import { ScenarioError } from '../../model/errors.ts'
import type { Labels } from '../../model/timeline.ts'
import { readAlertmanager } from '../../monitoring/alertmanager/read.ts'
import { findAlertmanager } from '../promtool/engine.ts'
import type { Scratch } from '../promtool/scratch.ts'
import { Refused } from '../routes/alertmanager.ts'
import { askAlertmanager, type RouteAnswer } from '../routes/ask.ts'
import { toldOf } from '../routes/judge.ts'
import { contains } from '../routes/time-interval.ts'
import { type RouteCase, routeCases } from './route-cases.ts'

export interface GeneratedRoutes {
  readonly text: string
  readonly tests: number
  readonly open: readonly string[]
}

/**
 * Route tests for every route, inhibition and time interval, and for the alerts of the rules, as the real Alertmanager answers them.
 * Throws ScenarioError when it refuses the file.
 */
export async function generateRoutes(
  file: string,
  out: string,
  alerts: readonly Labels[],
  scratch: Scratch,
): Promise<GeneratedRoutes> {
  const text = readFileSync(file, 'utf8')
  const { config, problems } = readAlertmanager(text, file)
  if (problems.length > 0) throw new ScenarioError(problems)
  const { cases, open } = routeCases(config, instantsOf)
  const all: RouteCase[] = [
    ...alerts.map(labels => ({
      name: `who hears of ${labels['alertname']} ${labels['severity'] ?? ''}`.trim(),
      alerts: [labels],
    })),
    ...cases,
  ]
  const answers = await ask(file, text, all, config.timeIntervals, scratch)
  const kept: { one: RouteCase; answer: RouteAnswer }[] = []
  const unseen: string[] = []
  all.forEach((one, index) => {
    const answer = answers[index]
    if (answer === undefined) return
    const first = answer.alerts[0]
    if (one.reaches !== undefined && !first?.routes.some(({ path }) => path === one.reaches))
      unseen.push(`Alertmanager does not take an alert to ${one.reaches}`)
    else if (one.inhibits && !((answer.alerts[1]?.inhibitedBy.length ?? 0) > 0))
      unseen.push(`Alertmanager does not show that ${one.name}`)
    else kept.push({ one, answer })
  })
  const document = {
    alertmanager: relative(dirname(resolve(out)), resolve(file)),
    routes: distinctNames(kept).map(({ one, answer, name }) => testOf(one, answer, name)),
  }
  const head =
    '# Written by genesis-drill generate from what Alertmanager does. Generate again after the routes were changed on purpose.\n'
  return {
    text: head + stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }),
    tests: kept.length,
    open: [...open, ...unseen],
  }
}

async function ask(
  file: string,
  text: string,
  cases: readonly RouteCase[],
  intervals: readonly { name: string; intervals: readonly unknown[] }[],
  scratch: Scratch,
): Promise<RouteAnswer[]> {
  const questions = cases.map(({ alerts, at }) => ({
    alerts,
    silences: [],
    membership: at && new Map(intervals.map(one => [one.name, contains(one.intervals, at)])),
  }))
  try {
    return await askAlertmanager({ file, text }, questions, findAlertmanager(), scratch)
  } catch (thrown) {
    if (!(thrown instanceof Refused || thrown instanceof RangeError)) throw thrown
    throw new ScenarioError([{ file, message: `Alertmanager refuses it: ${thrown.message}` }], { cause: thrown })
  }
}

function testOf({ at, groups }: RouteCase, answer: RouteAnswer, name: string) {
  return {
    name,
    ...(at === undefined ? {} : { at: at.toISOString().replace('.000', '') }),
    alerts: answer.alerts.map(alert => ({
      labels: alert.labels,
      receivers: toldOf(alert),
      routed: [...new Set(alert.routes.map(({ receiver }) => receiver))].sort(),
      ...(alert.inhibitedBy[0] === undefined ? {} : { inhibited: alert.inhibitedBy[0] }),
      ...(alert.inhibitedBy.length === 0 ? { inhibited: false } : {}),
      ...(at === undefined ? {} : { muted: [...new Set(alert.mutedRoutes.map(({ receiver }) => receiver))].sort() }),
    })),
    ...(groups
      ? {
          groups: answer.groups
            .filter(group => !group.muted)
            .map(({ route, labels, alerts }) => ({
              receiver: route.receiver,
              labels,
              alerts: alerts.filter(({ silenced, inhibitedBy }) => !silenced && inhibitedBy.length === 0).length,
            }))
            .filter(group => group.alerts > 0),
        }
      : {}),
  }
}

function distinctNames(kept: readonly { one: RouteCase; answer: RouteAnswer }[]) {
  const counts = new Map<string, number>()
  return kept.map(({ one, answer }) => {
    const count = (counts.get(one.name) ?? 0) + 1
    counts.set(one.name, count)
    return { one, answer, name: count === 1 ? one.name : `${one.name} (${count})` }
  })
}

const HOUR = 3_600_000
const START = Date.UTC(2027, 0, 1)

/** Instants of a coming year at which an interval applies and does not. */
function instantsOf(intervals: readonly unknown[]): { inside: Date | undefined; outside: Date | undefined } {
  let inside: Date | undefined
  let outside: Date | undefined
  for (let hour = 0; hour < 366 * 24 && (inside === undefined || outside === undefined); hour++) {
    const at = new Date(START + hour * HOUR + HOUR / 2)
    if (contains(intervals, at)) inside ??= at
    else outside ??= at
  }
  return { inside, outside }
}
