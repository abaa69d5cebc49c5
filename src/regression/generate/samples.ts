import { readLabels } from '../check/labels.ts'

/** A sample as promtool prints it. */
export interface PrintedSample {
  /** `{__name__="x", a="b"}`, as a test file may name it. */
  readonly labels: string
  readonly value: number
}

/** What a generated test says a rule records at one instant. */
export interface Recorded {
  /** Number of the evaluation. */
  readonly evaluation: number
  readonly samples: readonly PrintedSample[]
  /** Why this instant, for the reader. */
  readonly why: string
}

const SAMPLE = /(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}) (\S+?)(?:, |$)/g

/** `{__name__="x", a="b"} 1E+00, ...` or `nil`; undefined when it is anything else, such as a histogram. */
export function readSamples(text: string): PrintedSample[] | undefined {
  if (text === 'nil') return []
  const samples = [...text.matchAll(SAMPLE)].map(([, labels = '', value = '']) => ({ labels, value: numberOf(value) }))
  const read = samples.every(({ labels, value }) => readLabels(labels) !== undefined && !Number.isNaN(value))
  return samples.length > 0 && read ? samples : undefined
}

function numberOf(text: string): number {
  const sign = /^([+-]?)Inf$/.exec(text)
  return sign === null ? Number(text) : sign[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}
