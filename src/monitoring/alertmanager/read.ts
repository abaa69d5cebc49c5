import type { Problem } from '../../model/errors.ts'
import type { Located, Place } from '../located.ts'

export interface LabelMatcher {
  readonly label: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
  readonly place: Place
}

/** One node of the route tree; what it does not state it inherits (`undefined` here). Durations are seconds. */
export interface Route extends Place {
  /** From the root, for people: `route`, `route.routes[0]`. */
  readonly path: string
  readonly receiver: Located<string> | undefined
  readonly matchers: readonly LabelMatcher[]
  readonly groupBy: readonly string[] | undefined
  readonly groupWait: Located<number> | undefined
  readonly groupInterval: Located<number> | undefined
  readonly repeatInterval: Located<number> | undefined
  readonly continue: Located<boolean> | undefined
  readonly muteTimeIntervals: readonly Located<string>[]
  readonly activeTimeIntervals: readonly Located<string>[]
  readonly routes: readonly Route[]
}

export interface Integration extends Place {
  /** `slack`, `pagerduty`, `email`: the key without `_configs`. */
  readonly kind: string
  /** Among those of its kind in the receiver, from 0: the number Alertmanager itself gives. */
  readonly index: number
  readonly sendResolved: Located<boolean> | undefined
  /** As written. May hold secrets: redact before showing. */
  readonly config: Readonly<Record<string, unknown>>
}

export interface Receiver extends Place {
  readonly name: string
  readonly integrations: readonly Integration[]
}

export interface InhibitRule extends Place {
  readonly source: readonly LabelMatcher[]
  readonly target: readonly LabelMatcher[]
  readonly equal: readonly string[]
}

export interface TimeInterval extends Place {
  readonly name: string
  readonly intervals: readonly unknown[]
}

export interface AlertmanagerConfig {
  readonly file: string
  readonly text: string
  readonly global: Readonly<Record<string, unknown>>
  readonly route: Route | undefined
  readonly receivers: readonly Receiver[]
  readonly inhibitRules: readonly InhibitRule[]
  readonly timeIntervals: readonly TimeInterval[]
  readonly templates: readonly Located<string>[]
}

/** What Alertmanager sends a resolve for when the file does not say. */
export function sendsResolved(integration: Integration): boolean {
  return integration.sendResolved?.value ?? !['email', 'slack', 'wechat'].includes(integration.kind)
}

/** Everything that can be read, and every problem. Never throws. Unknown receivers and intervals are problems; addresses are not judged. */
export function readAlertmanager(
  text: string,
  file: string,
): { config: AlertmanagerConfig; problems: readonly Problem[] } {
  throw new Error(`not built yet ${text} ${file}`)
}
