import { isFlag } from '../flag.ts'
import { constant, selectors, walk } from '../walk.ts'
import { type Condition, keyOf, type Way } from './conditions.ts'
import { type Dial, gridFor, MANY, turned, unlikeliness } from './dials.ts'
import { compare, Estimate } from './estimate.ts'
import { type Plan, selects } from './plan.ts'
import { bisect, nicest, stepTo } from './roots.ts'
import { countOf, type Motion, type Situation, still } from './situation.ts'

/** On which side of its threshold the left side of a comparison lies. */
export type Side = -1 | 0 | 1

/** How far from the threshold, relative to it: nearer than any change of the threshold that should be noticed. */
export const MARGIN = 0.03
const MOST_ROUNDS = 24
/** What others may be worth that do not count. */
const OTHERWISE = [1, 0, 100]

export class Search {
  readonly plan: Plan
  /** Estimates that may still be made. */
  budget: number
  readonly #scans = new WeakMap<
    Situation,
    Map<string, { value: number; found: { by: number; scale: number } | undefined }[]>
  >()
  readonly #margin: number
  readonly #sample: number
  readonly #replicas: number
  constructor(
    plan: Plan,
    options: {
      readonly budget: number
      readonly margin: number
      readonly sample: number
      readonly replicas: number
    },
  ) {
    this.plan = plan
    this.budget = options.budget
    this.#margin = options.margin
    this.#sample = options.sample
    this.#replicas = options.replicas
  }

  /** An estimate over many series takes as much longer. */
  #spend(situation: Situation): void {
    const series = this.plan.classes.reduce(
      (sum, planned) => sum + (planned.owned ? countOf(planned, situation) * (planned.buckets?.length ?? 1) : 0),
      0,
    )
    this.budget -= 1 + series / 8
  }

  /** Does a condition hold? */
  holds(condition: Condition, situation: Situation): boolean {
    this.#spend(situation)
    const estimate = new Estimate(this.plan, situation, true)
    if (condition.what === 'presence') return estimate.of(condition.node).length > 0 === condition.wanted
    const sides = estimate.sides(condition.node)
    return sides !== undefined && compare(condition.node.operator, sides.left, sides.right) === condition.wanted
  }

  /** A situation in which all conditions of the way hold and lie close to their thresholds; with nothing below zero if that can be. */
  solve(way: Way): Situation | undefined {
    let odd: Situation | undefined
    for (const start of this.#starts(way)) {
      if (this.budget <= 0) break
      const met = this.#meet(way, start)
      if (met === undefined) continue
      if (isEveryday(met)) return this.#tighten(way, met)
      odd ??= met
    }
    return odd && this.#tighten(way, odd)
  }

  /**
   * The same with one comparison moved to a side of its threshold, all other conditions as they were if that can be.
   * `only`: by what the series of this class do.
   */
  move(way: Way, condition: Condition, side: Side, from: Situation, only?: number): Situation | undefined {
    if (condition.what === 'presence') return undefined
    const others = way.filter(other => keyOf(other) !== keyOf(condition))
    let fallback: Situation | undefined
    let broken: Situation | undefined
    const dials = this.#dials(condition, from).filter(
      dial => only === undefined || ('index' in dial && dial.index === only),
    )
    for (const dial of dials) {
      for (const moved of this.#aim(condition, dial, side, from)) {
        if (!others.every(other => this.holds(other, moved))) {
          broken ??= moved
          continue
        }
        if (side === 0 ? this.#isOn(condition, moved) : this.#distance(condition, moved) < 0.1) return moved
        fallback ??= moved
      }
      if (this.budget <= 0) break
    }
    if (fallback === undefined && broken !== undefined) return this.#mend(others, condition, side, broken) ?? broken
    if (side === 0 && fallback !== undefined) return this.#exact(way, condition, from, only) ?? fallback
    return fallback
  }

  /** Close enough to its threshold that a change of a tenth would be noticed. */
  isNear(condition: Condition, situation: Situation): boolean {
    return this.#distance(condition, situation) < 0.08
  }

  #isOn(condition: Condition, situation: Situation): boolean {
    if (condition.what === 'presence') return false
    const sides = new Estimate(this.plan, situation, true).sides(condition.node)
    return sides !== undefined && sides.left === sides.right
  }

  /** Makes the other conditions hold again, by one more dial. */
  #mend(others: Way, condition: Condition, side: Side, broken: Situation): Situation | undefined {
    const stays = (situation: Situation) => {
      if (condition.what === 'presence') return false
      const sides = new Estimate(this.plan, situation, true).sides(condition.node)
      return sides !== undefined && Math.sign(sides.left - sides.right) === side
    }
    for (const other of others) {
      if (other.what === 'presence' || this.holds(other, broken)) continue
      for (const dial of this.#dials(other, broken))
        for (const wanted of sidesFor(other))
          for (const moved of this.#aim(other, dial, wanted, broken))
            if (stays(moved) && others.every(one => this.holds(one, moved))) return moved
    }
    return undefined
  }

  /** Exactly on the threshold, by way of rounder values of what else it depends on. */
  #exact(way: Way, condition: Condition, from: Situation, only: number | undefined): Situation | undefined {
    if (condition.what === 'presence') return undefined
    const others = way.filter(other => keyOf(other) !== keyOf(condition))
    const dials = this.#dials(condition, from).filter(
      dial => dial.of === 'motion' && (dial.field === 'level' || dial.field === 'slope'),
    )
    for (const round of dials)
      for (const value of ROUND) {
        const base = turned(from, round, value)
        for (const dial of dials) {
          if (dial === round || (only !== undefined && 'index' in dial && dial.index !== only)) continue
          for (const moved of this.#aim(condition, dial, 0, base)) {
            if (this.budget <= 0) return undefined
            if (this.#isOn(condition, moved) && others.every(other => this.holds(other, moved))) return moved
          }
        }
      }
    return undefined
  }

  /** Relative distance from the threshold. */
  #distance(condition: Condition, situation: Situation): number {
    if (condition.what === 'presence') return 0
    const sides = new Estimate(this.plan, situation, true).sides(condition.node)
    if (sides === undefined) return Number.POSITIVE_INFINITY
    // A threshold of zero has no tenth.
    if (constant(condition.node.left) === 0 || constant(condition.node.right) === 0) return 0
    const apart = Math.abs(sides.left - sides.right)
    return apart === 0 ? 0 : apart / Math.min(Math.abs(sides.left), Math.abs(sides.right))
  }

  *#starts(way: Way): Generator<Situation> {
    const { plan } = this
    const absent = new Set<number>()
    for (const condition of way)
      if (condition.what === 'presence' && !condition.wanted)
        plan.classes.forEach(({ labels }, index) => {
          if (selects(condition.node, labels)) absent.add(index)
        })
    const turning = plan.classes.some(({ windows }) => windows.length > 1)
    const counts = plan.replicaLabels.length === 0 ? [1] : [...new Set([this.#replicas, 2, 1, 3, 5])]
    // What is too much together cannot be made less by one alone: then all begin with less.
    for (const worth of [still.level, 1])
      for (const count of counts)
        for (const turns of turning ? [false, true] : [false]) yield this.#start(absent, worth, count, turns)
  }

  #start(absent: ReadonlySet<number>, worth: number, count: number, turns: boolean): Situation {
    const { plan } = this
    const motions = plan.classes.map(({ uses, windows, metric }, index): Motion => {
      const slope = uses.has('slope') && !uses.has('level') ? worth : 0
      return {
        ...still,
        present: !absent.has(index),
        slope,
        clock: uses.has('clock'),
        level: uses.has('clock') ? -worth : isFlag(metric) ? 1 : worth,
        past: turns && windows.length > 1 ? { level: worth, slope } : undefined,
      }
    })
    const windows = plan.classes.find(planned => planned.windows.length > 1)?.windows ?? []
    const [shortest = 0, next = 0] = windows
    return {
      motions,
      counts: Object.fromEntries(plan.replicaLabels.map(label => [label, count])),
      now: 0,
      sample: this.#sample,
      elapsed: turns ? (shortest > 0 ? shortest : next / 2) : undefined,
    }
  }

  #meet(way: Way, start: Situation): Situation | undefined {
    let situation = start
    const settled = new Set<string>()
    for (let round = 0; round < MOST_ROUNDS && this.budget > 0; round++) {
      const unmet = way.filter(condition => !this.holds(condition, situation))
      const condition = unmet.find(one => one.what === 'comparison')
      if (unmet.length === 0) return this.gives(situation) ? situation : undefined
      if (condition === undefined) return undefined
      const next = this.#improve(condition, way, situation, unmet.length, settled)
      if (next === undefined) return undefined
      situation = next.situation
      settled.add(JSON.stringify(next.dial))
    }
    return undefined
  }

  /** Does the expression give something? */
  gives(situation: Situation): boolean {
    return new Estimate(this.plan, situation, false).of(this.plan.expression).length > 0
  }

  /** Turns one dial so that the condition holds; best when no other condition is lost. */
  #improve(
    condition: Condition,
    way: Way,
    situation: Situation,
    unmet: number,
    settled: ReadonlySet<string>,
  ): { situation: Situation; dial: Dial } | undefined {
    let best: { situation: Situation; dial: Dial; lost: number } | undefined
    const dials = this.#dials(condition, situation)
    const ordered = [
      ...dials.filter(dial => !settled.has(JSON.stringify(dial))),
      ...dials.filter(dial => settled.has(JSON.stringify(dial))),
    ]
    for (const dial of ordered) {
      for (const side of sidesFor(condition))
        for (const moved of this.#aim(condition, dial, side, situation)) {
          const lost = way.filter(other => !this.holds(other, moved)).length
          if (lost < unmet) return { situation: moved, dial }
          if (best === undefined || lost < best.lost) best = { situation: moved, dial, lost }
        }
      if (this.budget <= 0) break
    }
    return best
  }

  /** Brings each comparison close to its threshold without losing another. */
  #tighten(way: Way, met: Situation): Situation {
    let situation = met
    for (const condition of way) {
      if (condition.what === 'presence' || this.#distance(condition, situation) < 0.08) continue
      const [side] = sidesFor(condition)
      if (side === undefined || condition.node.operator === '!=') continue
      for (const from of [situation, ...this.#mixed(condition, situation)]) {
        const moved = this.move(way, condition, side, from)
        const nearer = moved !== undefined && this.#distance(condition, moved) < this.#distance(condition, situation)
        if (nearer && this.gives(moved)) situation = moved
        if (this.isNear(condition, situation)) break
      }
    }
    return situation
  }

  /** Where it matters how many there are: a few as they are, the others otherwise. */
  *#mixed(condition: Condition, situation: Situation): Generator<Situation> {
    const counts = [...walk(condition.node)].some(
      ({ node }) => node.type === 'aggregation' && node.operator === 'count',
    )
    if (!counts) return
    for (const [index, planned] of this.plan.classes.entries()) {
      const motion = situation.motions[index]
      if (!planned.owned || motion?.rest !== undefined || countOf(planned, situation) < 2) continue
      for (const share of [1, 2, 3])
        for (const rest of OTHERWISE) {
          const mix = (one: Motion): Motion => ({ ...one, share, rest })
          if (rest !== motion?.level)
            yield { ...situation, motions: situation.motions.map((one, other) => (other === index ? mix(one) : one)) }
        }
    }
  }

  /** The dials that a condition's values depend on, the plainest first. */
  #dials(condition: Condition, situation: Situation): Dial[] {
    const { classes } = this.plan
    const inside = selectors(condition.node)
    const touched = classes.flatMap((planned, index) =>
      planned.owned && inside.some(selector => selects(selector, planned.labels)) ? [{ planned, index }] : [],
    )
    const dials: Dial[] = []
    for (const { planned, index } of touched) {
      if (planned.uses.has('reach')) dials.push({ of: 'motion', field: 'reach', index })
      if (planned.uses.has('slope')) dials.push({ of: 'motion', field: 'slope', index })
      if (planned.uses.has('churn')) dials.push({ of: 'churn', index, window: Math.max(1, ...planned.windows) })
      if (planned.uses.has('level')) dials.push({ of: 'motion', field: 'level', index })
    }
    for (const { planned, index } of touched) {
      if (situation.motions[index]?.past === undefined) continue
      dials.push({ of: 'past', field: planned.uses.has('level') ? 'level' : 'slope', index })
    }
    for (const label of new Set(touched.flatMap(({ planned }) => planned.replicaLabel ?? [])))
      dials.push({ of: 'count', label })
    for (const { planned, index } of touched) {
      if (countOf(planned, situation) < 2) continue
      dials.push({ of: 'motion', field: 'rest', index })
      if (situation.motions[index]?.rest !== undefined) dials.push({ of: 'motion', field: 'share', index })
    }
    if (dials.length === 0) dials.push({ of: 'now' })
    return dials
  }

  /** Situations in which a comparison's left side lies on a side of its right side, by turning one dial; the nearest first. */
  *#aim(condition: Condition, dial: Dial, side: Side, from: Situation): Generator<Situation> {
    if (condition.what === 'presence') return
    const { node } = condition
    const at = (value: number) => turned(from, dial, value)
    const difference = (value: number) => {
      const there = at(value)
      this.#spend(there)
      const sides = new Estimate(this.plan, there, true).sides(node)
      if (sides === undefined) return undefined
      const { left, right } = sides
      const by = left === right ? 0 : left - right
      return Number.isNaN(by) ? undefined : { by, scale: Math.max(Math.abs(left), Math.abs(right)) }
    }
    const whole =
      dial.of === 'count' ||
      dial.of === 'churn' ||
      (dial.of === 'motion' && dial.field === 'share') ||
      dial.of === 'now'
    const points = this.#scan(condition, dial, from, difference)
    if (dial.of === 'count' && !points.some(({ found }) => found !== undefined && Math.sign(found.by) === side))
      for (const value of this.plan.classes.some(({ buckets }) => buckets !== undefined) ? [] : MANY)
        points.push({ value, found: this.budget > 0 ? difference(value) : undefined })
    // The threshold lies between two neighbouring points with different signs.
    const sorted = [...points].sort((a, b) => a.value - b.value)
    const crossings: { low: number; high: number; touch: number | undefined }[] = []
    sorted.forEach((point, index) => {
      const next = sorted[index + 1]
      if (point.found?.by === 0)
        crossings.push({
          low: sorted[index - 1]?.value ?? point.value,
          high: next?.value ?? point.value,
          touch: point.value,
        })
      else if (
        next?.found !== undefined &&
        point.found !== undefined &&
        Math.sign(point.found.by) * Math.sign(next.found.by) < 0
      )
        crossings.push({ low: point.value, high: next.value, touch: undefined })
    })
    const preferred = crossings.sort(
      (a, b) => unlikeliness(a.low, a.high, dial, from) - unlikeliness(b.low, b.high, dial, from),
    )
    for (const { low, high, touch } of preferred.slice(0, 4)) {
      const root = touch ?? bisect(low, high, value => difference(value)?.by, whole)
      if (side === 0) {
        const exact = touch ?? nicest(root, value => difference(value)?.by === 0)
        yield at(exact ?? root)
        continue
      }
      const scale = difference(root)?.scale ?? 0
      // Around zero there is no relative distance: one unit is.
      const unit = scale < 1e-9 ? 1 : scale * this.#margin
      const value = this.#beside(
        root,
        low,
        high,
        side,
        unit,
        whole,
        sorted[0]?.value === 0 ? 0 : Number.NEGATIVE_INFINITY,
        difference,
      )
      if (value !== undefined) yield at(value)
    }
    if (side === 0) return
    // No crossing, or none that suits: any point on the wanted side, the nearest to the threshold first.
    const suitable = points.filter(({ found }) => found !== undefined && Math.sign(found.by) === side)
    suitable.sort(
      (a, b) => Math.abs(a.found?.by ?? 0) - Math.abs(b.found?.by ?? 0) || Math.abs(a.value) - Math.abs(b.value),
    )
    for (const { value } of suitable.slice(0, 2)) yield at(value)
  }

  /** The difference at many values of a dial; remembered, as every side of a threshold asks for them. */
  #scan(
    condition: Condition,
    dial: Dial,
    from: Situation,
    difference: (value: number) => { by: number; scale: number } | undefined,
  ): { value: number; found: { by: number; scale: number } | undefined }[] {
    const known = this.#scans.get(from) ?? new Map()
    this.#scans.set(from, known)
    const key = `${keyOf(condition)} ${JSON.stringify(dial)}`
    const points = known.get(key) ?? gridFor(dial, from, this.plan).map(value => ({ value, found: difference(value) }))
    known.set(key, points)
    return [...points]
  }

  /** The value next to a threshold at which the difference has the wanted sign and about the wanted size. */
  #beside(
    root: number,
    low: number,
    high: number,
    side: Side,
    unit: number,
    whole: boolean,
    lowest: number,
    difference: (value: number) => { by: number } | undefined,
  ): number | undefined {
    const goal = side * unit
    for (const end of [low, high].sort((a, b) => signFirst(difference(a), side) - signFirst(difference(b), side))) {
      let far = end
      // Beyond the neighbouring point when the wanted distance is not reached there.
      for (let step = 0; !whole && step < 30 && Math.abs(difference(far)?.by ?? unit) < unit; step++)
        far = Math.max(lowest, far + ((far - root) * 4 || side))
      const there = difference(far)
      if (there === undefined || Math.sign(there.by) !== side) continue
      const near = whole
        ? undefined
        : bisect(root, far, value => {
            const by = difference(value)?.by
            return by === undefined ? undefined : by - goal
          })
      if (whole) return root === far ? far : stepTo(root, far, value => Math.sign(difference(value)?.by ?? 0) === side)
      if (near === undefined) continue
      const suits = (value: number) => {
        const by = difference(value)?.by
        return by !== undefined && Math.sign(by) === side && Math.abs(by) >= unit * 0.4 && Math.abs(by) <= unit * 2
      }
      const nice = nicest(near, suits)
      if (nice !== undefined) return nice
      // The value jumps over the wanted distance: right behind the jump.
      const step = Math.sign(far - root) * Math.max(Math.abs(near) * 0.005, 1e-6)
      const behind = nicest(near + step, value => Math.sign(difference(value)?.by ?? 0) === side)
      if (behind !== undefined) return behind
      return nicest(far, value => Math.sign(difference(value)?.by ?? 0) === side) ?? far
    }
    return undefined
  }
}

const signFirst = (found: { by: number } | undefined, side: Side) =>
  found !== undefined && Math.sign(found.by) === side ? 0 : 1

/** The sides of its threshold on which a comparison is as the condition wants it, the plainest first. */
export function sidesFor(condition: Condition): readonly Side[] {
  if (condition.what === 'presence') return []
  const all: readonly Side[] = [1, -1, 0]
  return all.filter(side => compare(condition.node.operator, side, 0) === condition.wanted)
}

/** Nothing is below zero; falling is as common as rising. */
export function isEveryday({ motions }: Situation): boolean {
  return motions.every(({ clock, level, rest = 0 }) => clock || (level >= 0 && rest >= 0))
}

/** What divides well. */
const ROUND = [98, 96, 64, 60, 50, 32, 20, 10, 8, 5, 4, 2, 1, 128, 490, 1000]
