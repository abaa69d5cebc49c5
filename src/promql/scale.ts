/** How an expression is rewritten for a run in which one wall second stands for `timeScale` drill seconds. */
export interface ScaleExpressionOptions {
  readonly timeScale: number
  /** Where a metric lives. A recording rule's name lives where its inputs do. Undefined metric: a selector by pattern. */
  readonly world: (metric: string | undefined) => World | undefined
}

/** `drill`: played or dilated by the harness. `wall`: a real service at its own speed. */
export type World = 'drill' | 'wall'

export interface ScaledExpression {
  /** The author's text, edited in place. Equal to the original when refused. */
  readonly text: string
  /** Why its meaning cannot be kept; then it must not run at this time scale. */
  readonly refused?: string
  readonly warnings: readonly string[]
}

export function scaleExpression(text: string, options: ScaleExpressionOptions): ScaledExpression {
  throw new Error(`not built yet ${text} ${options.timeScale}`)
}
