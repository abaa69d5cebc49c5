/** What range functions and aggregations make of samples, for estimates. Samples are [age in seconds, value], oldest first. */
export function over(
  name: string,
  samples: readonly (readonly [number, number])[],
  range: number,
  parameter: number,
  now: number,
): number | undefined {
  const values = samples.map(([, value]) => value)
  const [oldest, newest] = [samples[0], samples.at(-1)]
  if (oldest === undefined || newest === undefined) return undefined
  const sum = values.reduce((total, value) => total + value, 0)
  const mean = sum / values.length
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length
  switch (name) {
    case 'rate':
      return growth(values) / (oldest[0] - newest[0])
    case 'increase':
      return (growth(values) / (oldest[0] - newest[0])) * range
    case 'irate':
    case 'idelta': {
      const before = samples.at(-2)
      if (before === undefined) return undefined
      const change = name === 'irate' ? growth([before[1], newest[1]]) : newest[1] - before[1]
      return name === 'irate' ? change / (before[0] - newest[0]) : change
    }
    case 'delta':
      return ((newest[1] - oldest[1]) / (oldest[0] - newest[0])) * range
    case 'deriv':
      return line(samples).slope
    case 'predict_linear': {
      const { slope, end } = line(samples)
      return end + slope * parameter
    }
    case 'changes':
      return values.filter((value, index) => index > 0 && value !== values[index - 1]).length
    case 'resets':
      return values.filter((value, index) => index > 0 && value < (values[index - 1] ?? value)).length
    case 'avg_over_time':
      return mean
    case 'min_over_time':
      return values.reduce((a, b) => Math.min(a, b))
    case 'max_over_time':
      return values.reduce((a, b) => Math.max(a, b))
    case 'sum_over_time':
      return sum
    case 'count_over_time':
      return values.length
    case 'last_over_time':
      return newest[1]
    case 'first_over_time':
      return oldest[1]
    case 'present_over_time':
    case 'group_over_time':
      return 1
    case 'stddev_over_time':
      return Math.sqrt(variance)
    case 'stdvar_over_time':
      return variance
    case 'quantile_over_time':
      return quantileOf(parameter, values)
    case 'mad_over_time': {
      const middle = quantileOf(0.5, values)
      return quantileOf(
        0.5,
        values.map(value => Math.abs(value - middle)),
      )
    }
    case 'holt_winters':
    case 'double_exponential_smoothing':
      return newest[1]
    case 'ts_of_last_over_time':
    case 'ts_of_max_over_time':
    case 'ts_of_min_over_time':
      return now
    default:
      return undefined
  }
}

function growth(values: readonly number[]): number {
  return values.reduce((total, value, index) => {
    const before = values[index - 1]
    return before === undefined ? 0 : total + (value < before ? value : value - before)
  }, 0)
}

/** Least squares; `end` is the fitted value at age 0. */
function line(samples: readonly (readonly [number, number])[]): { slope: number; end: number } {
  const times = samples.map(([age]) => -age)
  const meanTime = times.reduce((a, b) => a + b, 0) / times.length
  const meanValue = samples.reduce((total, [, value]) => total + value, 0) / samples.length
  let covariance = 0
  let variance = 0
  samples.forEach(([, value], index) => {
    const apart = (times[index] ?? 0) - meanTime
    covariance += apart * (value - meanValue)
    variance += apart ** 2
  })
  const slope = variance === 0 ? Number.NaN : covariance / variance
  return { slope, end: meanValue - slope * meanTime }
}

export function quantileOf(quantile: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(quantile)) return Number.NaN
  if (quantile < 0) return Number.NEGATIVE_INFINITY
  if (quantile > 1) return Number.POSITIVE_INFINITY
  const sorted = [...values].sort((a, b) => a - b)
  const rank = quantile * (sorted.length - 1)
  const lower = sorted[Math.floor(rank)] ?? Number.NaN
  const upper = sorted[Math.min(sorted.length - 1, Math.floor(rank) + 1)] ?? Number.NaN
  return lower + (upper - lower) * (rank - Math.floor(rank))
}

const DAY = 86_400

/** Functions of one value. The date functions take seconds since the epoch. */
export function fold(name: string, value: number, first: number, second: number): number {
  switch (name) {
    case 'round':
      return Number.isNaN(first) ? Math.floor(value + 0.5) : Math.floor(value / first + 0.5) * first
    case 'clamp':
      return Math.max(first, Math.min(second, value))
    case 'clamp_max':
      return Math.min(first, value)
    case 'clamp_min':
      return Math.max(first, value)
    case 'ceil':
      return Math.ceil(value)
    case 'floor':
      return Math.floor(value)
    case 'abs':
      return Math.abs(value)
    case 'sgn':
      return Math.sign(value)
    case 'exp':
      return Math.exp(value)
    case 'ln':
      return Math.log(value)
    case 'log2':
      return Math.log2(value)
    case 'log10':
      return Math.log10(value)
    case 'sqrt':
      return Math.sqrt(value)
    case 'deg':
      return (value * 180) / Math.PI
    case 'rad':
      return (value * Math.PI) / 180
    case 'minute':
      return Math.floor((value % 3600) / 60)
    case 'hour':
      return Math.floor((value % DAY) / 3600)
    case 'day_of_week':
      return new Date(value * 1000).getUTCDay()
    case 'day_of_month':
      return new Date(value * 1000).getUTCDate()
    case 'month':
      return new Date(value * 1000).getUTCMonth() + 1
    case 'year':
      return new Date(value * 1000).getUTCFullYear()
    case 'days_in_month': {
      const date = new Date(value * 1000)
      return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
    }
    case 'day_of_year': {
      const date = new Date(value * 1000)
      return Math.floor((value - Date.UTC(date.getUTCFullYear(), 0, 1) / 1000) / DAY) + 1
    }
    case 'sin':
      return Math.sin(value)
    case 'cos':
      return Math.cos(value)
    case 'tan':
      return Math.tan(value)
    default:
      return Number.NaN
  }
}
