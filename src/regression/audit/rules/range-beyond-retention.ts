import { readableDuration } from '../../../model/duration.ts'
import { lookBack } from '../../../promql/walk.ts'
import { queriesOf } from '../facts/expressions.ts'
import { type Detector, type Remark, spot } from '../finding.ts'

const DEFAULT = 15 * 86_400

export const rangeBeyondRetention: Detector = {
  summary: 'a range that reaches further back than Prometheus keeps data',
  severity: 'high',
  needs: [],
  detect(input) {
    const stated = input.prometheus?.retention?.value ?? input.objectives?.retention
    const retention = stated ?? DEFAULT
    return queriesOf(input).flatMap(({ subject, expression, file, line, column, kind }): Remark[] => {
      const back = lookBack(expression)
      if (back <= retention) return []
      const kept = `${readableDuration(retention)}${stated === undefined ? ", Prometheus's default" : ''}`
      return [
        {
          ...spot(file, { line, column }),
          subject,
          severity: kind === 'alert' || kind === 'record' ? 'high' : 'medium',
          happens: `it looks back ${readableDuration(back)}, data are kept for ${kept}: it silently counts only what is left`,
          advice: 'keep data for longer, or record the value in steps that fit',
        },
      ]
    })
  },
}
