import { styleText } from 'node:util'
import { readableDuration } from '../model/duration.ts'
import type { Phase, TimelineEvent } from '../model/timeline.ts'
import type { RunObserver } from '../run/index.ts'

export interface Progress extends Disposable {
  readonly observer: RunObserver
  /** Hides the moving line while a person is asked. */
  quiet(asking: boolean): void
  end(): void
}

const PHASES: Record<Phase, string> = {
  booting: 'booting',
  steady: 'waiting for the steady state',
  faults: 'breaking',
  observing: 'observing',
  recovering: 'recovering',
  'rolling-back': 'rolling back',
  after: 'waiting for the steady state again',
  measuring: 'measuring',
  ended: 'ended',
}

/** What happens, a line each; on a terminal also one moving line with the present phase. Undefined `out`: nothing is shown. */
export function progress(out: NodeJS.WriteStream | undefined): Progress {
  if (out === undefined) return { observer: {}, quiet: () => {}, end: () => {}, [Symbol.dispose]: () => {} }
  const live = out.isTTY === true
  let now = { scenario: '', phase: '', since: performance.now(), timeScale: 1 }
  let asking = false

  const clear = () => live && out.write('\r\x1b[K')
  const draw = () => {
    if (!live || asking || now.phase === '') return
    const elapsed = (performance.now() - now.since) / 1000
    const drill = now.timeScale === 1 ? '' : `, ${readableDuration(elapsed * now.timeScale)} of drill time`
    out.write(`\r\x1b[K${`  ${now.phase} ${readableDuration(elapsed)}${drill}`.slice(0, (out.columns ?? 80) - 1)}`)
  }
  const line = (text: string) => {
    clear()
    out.write(`${text}\n`)
    draw()
  }
  const style = (format: Parameters<typeof styleText>[0], text: string) => styleText(format, text, { stream: out })
  const timer = live ? setInterval(draw, 100) : undefined
  timer?.unref()

  const marks = { met: style('green', 'met    '), unmet: style('red', 'unmet  '), unknown: style('yellow', 'unknown') }
  const end = () => {
    clearInterval(timer)
    now = { ...now, phase: '' }
    clear()
  }
  return {
    observer: {
      runStarted: (run, drill) => line(`${style('bold', drill.title)} (run ${run})`),
      scenarioStarted(scenario, timeScale, reason) {
        now = { scenario: scenario.name, phase: '', since: performance.now(), timeScale }
        line(`\n${style('bold', scenario.name)}: ${scenario.title}\n  time scale ${timeScale} (${reason})`)
      },
      phase(_, phase) {
        now = { ...now, phase: PHASES[phase], since: performance.now() }
        if (!live && phase !== 'ended') line(`  ${PHASES[phase]}`)
      },
      event(_, event) {
        const text = told(event)
        if (text !== undefined) line(`  ${instant(event.at)}  ${text}`)
      },
      finding: (_, { verdict, expectation, message }) =>
        line(`  ${marks[verdict]}  ${expectation}\n           ${message}`),
      scenarioEnded(_, { verdict }) {
        now = { ...now, phase: '' }
        line(`  ${marks[verdict]}`)
      },
    },
    quiet(silent) {
      asking = silent
      if (silent) clear()
    },
    end,
    [Symbol.dispose]: end,
  }
}

function instant(at: number): string {
  const seconds = at / 1000
  return `${seconds < 0 ? '' : '+'}${seconds.toFixed(2)} s`.padStart(9)
}

/** The events that a person follows; the rest is in the timeline. */
function told(event: TimelineEvent): string | undefined {
  switch (event.event) {
    case 'service.ready':
      return `${event.service} is ready after ${readableDuration(event.milliseconds / 1000)}`
    case 'fault.injected':
      return `fault injected: ${event.name}`
    case 'fault.failed':
      return `fault failed: ${event.name}: ${event.message}`
    case 'fault.rolled-back':
      return `rolled back: ${event.name}`
    case 'rollback.failed':
      return `rollback failed: ${event.name}: ${event.message}`
    case 'alert':
      return `alert ${event.alert} ${event.state}`
    case 'notification':
      return `${event.receiver} was told by ${event.integration}: ${[...new Set(event.alerts.map(({ labels }) => labels['alertname']))].join(', ') || event.status} ${event.status}`
    case 'action.ended':
      return `step ${event.step + 1}, ${event.name}: ${event.outcome}${event.message === undefined ? '' : `: ${event.message}`}`
    default:
      return undefined
  }
}
