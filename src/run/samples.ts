import type { Sample } from '../model/kind.ts'
import { alertRules, type RuleFile } from '../monitoring/rules/read.ts'
import { scaleExpression, type World } from '../promql/scale.ts'
import { pause } from './limit.ts'
import type { LiveMonitoring } from './monitoring/live.ts'
import { partsOf } from './monitoring/parts.ts'
import { inWords } from './monitoring/words.ts'
import type { Timeline } from './timeline.ts'

interface SamplerOptions {
  readonly monitoring: LiveMonitoring
  readonly timeline: Timeline
  readonly ruleFiles: readonly RuleFile[]
  /** Only their expressions are sampled. */
  readonly alerts: ReadonlySet<string>
  readonly timeScale: number
  readonly world: (metric: string | undefined) => World | undefined
  /** Wall milliseconds, at first; a long run is sampled less and less often. */
  readonly everyMs: number
}

interface Curve {
  readonly query: string
  readonly asRun: string
  readonly threshold?: number
  readonly comparison?: string
}

/** Series of one expression that are drawn; a picture with more cannot be read. */
const SERIES = 4
/** After so many samples the cadence halves, so that a record stays small. */
const SAMPLES = 200

/** Samples each side of the alerts under test against its threshold, for the pictures, until it is disposed. */
export function sample({ monitoring, timeline, everyMs, ...rules }: SamplerOptions): AsyncDisposable {
  const stopping = new AbortController()
  const curves = curvesOf(rules)

  async function loop(): Promise<void> {
    let cadence = everyMs
    for (let round = 1; !stopping.signal.aborted && curves.length > 0; round++) {
      const started = timeline.clock.now()
      await Promise.all(curves.map(curve => look(curve)))
      if (round % SAMPLES === 0) cadence *= 2
      await pause(Math.max(1, cadence - (timeline.clock.now() - started)), stopping.signal)
    }
  }

  async function look({ query, asRun, threshold, comparison }: Curve): Promise<void> {
    const found = await monitoring.raw(asRun).catch((): undefined => undefined)
    // No answer is no sample; no data is one.
    if (found === undefined) return
    const limit = {
      ...(threshold === undefined ? {} : { threshold }),
      ...(comparison === undefined ? {} : { comparison }),
    }
    if (found.length === 0) timeline.append({ event: 'sample', query, name: query, value: null, ...limit })
    for (const one of found.slice(0, SERIES))
      timeline.append({
        event: 'sample',
        query,
        name: nameOf(query, one, found.length),
        value: finite(one.value),
        ...limit,
      })
  }

  const done = loop()
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await done
    },
  }
}

function curvesOf({
  ruleFiles,
  alerts,
  timeScale,
  world,
}: Omit<SamplerOptions, 'monitoring' | 'timeline' | 'everyMs'>): Curve[] {
  const curves = new Map<string, Curve>()
  for (const rule of ruleFiles.flatMap(alertRules).filter(({ name }) => alerts.has(name))) {
    const written = partsOf(rule.expr.value)
    const run = timeScale === 1 ? written : partsOf(scaleExpression(rule.expr.value, { timeScale, world }).text)
    for (const [index, part] of written.entries()) {
      const { text: query, threshold, comparison } = part
      const asRun = run[index]?.text
      if (asRun === undefined) continue
      const limit = {
        ...(threshold === undefined ? {} : { threshold }),
        ...(comparison === undefined ? {} : { comparison }),
      }
      curves.set(`${query} ${comparison} ${threshold}`, { query, asRun, ...limit })
    }
  }
  return [...curves.values()]
}

/** One series needs no labels to be told apart. */
function nameOf(query: string, { labels }: Sample, count: number): string {
  if (count === 1) return query
  const { __name__: _, ...rest } = labels
  return `${query} ${inWords(rest)}`
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
