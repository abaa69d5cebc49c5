import * as echarts from 'echarts'
import { readableDuration } from '../model/duration.ts'

/** Pictures as SVG text, drawn without a browser. Colours are the page's variables, so one picture serves light, dark and paper. */

/** Milliseconds on the drill clock. */
export interface Axis {
  readonly from: number
  readonly to: number
  readonly timeScale: number
}

export type Tone = 'fault' | 'firing' | 'notice' | 'step' | 'ok'

/** A span of time (or a point, without `to`) on a lane. `open` is drawn as an outline: pending, unknown. */
export interface Mark {
  readonly from: number
  readonly to?: number
  readonly tone: Tone
  readonly open?: boolean
}

export interface Lane {
  readonly label: string
  readonly marks: readonly Mark[]
}

export interface Curve {
  readonly name: string
  readonly points: readonly (readonly [number, number | null])[]
  readonly threshold?: number
  readonly comparison?: string
}

// A family with quotes in its name would end the style attribute that echarts writes.
const FONT = 'inherit'
const LANE = 36

/** One row per lane, its label above its bar, so that it reads the same on a phone. */
export function lanesChart(lanes: readonly Lane[], axis: Axis, width: number): string {
  const marks = lanes.flatMap((lane, row) => lane.marks.map(mark => ({ row, mark })))
  return draw(width, lanes.length * LANE + 52, {
    ...frame(axis, width),
    yAxis: { type: 'value', min: 0, max: Math.max(1, lanes.length), inverse: true, show: false },
    series: [
      {
        type: 'custom',
        silent: true,
        clip: true,
        data: marks.map(({ row, mark }) => [mark.from, row, mark.to ?? mark.from]),
        renderItem: (parameters, api) => {
          const found = marks[parameters.dataIndex]
          if (found === undefined) return null
          const { mark } = found
          const [left = 0, top = 0] = api.coord([mark.from, found.row])
          const right = mark.to === undefined ? left : (api.coord([mark.to, found.row])[0] ?? left)
          const colour = `var(--${mark.tone})`
          // An outline in the card's colour keeps neighbours apart.
          const style = { fill: mark.open ? 'none' : colour, stroke: mark.open ? colour : 'var(--card)', lineWidth: 1 }
          if (mark.to === undefined)
            return { type: 'polygon', shape: { points: diamond(left, top + 25) }, style: { ...style, lineWidth: 0 } }
          return { type: 'rect', shape: { x: left, y: top + 20, width: Math.max(3, right - left), height: 10 }, style }
        },
      },
      {
        type: 'custom',
        silent: true,
        data: lanes.map((_, row) => [axis.from, row]),
        renderItem: (parameters, api) => ({
          type: 'text',
          style: {
            x: (api.coord([axis.from, parameters.dataIndex])[0] ?? 0) + 2,
            y: (api.coord([axis.from, parameters.dataIndex])[1] ?? 0) + 4,
            text: shorten(lanes[parameters.dataIndex]?.label ?? '', width),
            fill: 'var(--ink)',
            fontSize: 12,
            fontFamily: FONT,
          },
        }),
      },
    ],
  })
}

export function curveChart(curve: Curve, axis: Axis, width: number): string {
  const values = curve.points.flatMap(([, value]) => (value === null ? [] : [value]))
  const { threshold } = curve
  const all = threshold === undefined ? values : [...values, threshold]
  const low = all.reduce((a, b) => Math.min(a, b), 0)
  const high = all.reduce((a, b) => Math.max(a, b), 0)
  return draw(width, 220, {
    ...frame(axis, width),
    yAxis: {
      type: 'value',
      min: low,
      max: high === low ? low + 1 : high + (high - low) * 0.08,
      axisLabel: { ...lettering(), showMaxLabel: false, formatter: (value: number) => compact(value) },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: 'var(--grid)' } },
      splitNumber: 4,
    },
    series: [
      {
        type: 'line',
        silent: true,
        showSymbol: curve.points.length < 3,
        sampling: 'minmax',
        lineStyle: { color: 'var(--notice)', width: 2 },
        itemStyle: { color: 'var(--notice)' },
        data: curve.points.map(([at, value]) => [at, value]),
        ...(threshold === undefined ? {} : { markLine: thresholdLine(threshold, curve.comparison) }),
      },
    ],
  })
}

function thresholdLine(threshold: number, comparison: string | undefined): echarts.MarkLineComponentOption {
  return {
    silent: true,
    symbol: 'none',
    data: [{ yAxis: threshold }],
    lineStyle: { color: 'var(--firing)', type: 'dashed', width: 1.5 },
    label: {
      ...lettering(),
      color: 'var(--firing)',
      position: 'insideStartTop',
      formatter: `alerts at ${comparison ?? ''} ${compact(threshold)}`.replace('  ', ' '),
    },
  }
}

/** The same for every picture, so that instants stand below each other. */
function frame(axis: Axis, width: number) {
  const span = Math.max(1, axis.to - axis.from)
  return {
    animation: false,
    grid: { left: width < 500 ? 40 : 58, right: 14, top: 8, bottom: 44 },
    xAxis: {
      type: 'value' as const,
      min: axis.from,
      max: axis.from + span,
      splitNumber: width < 500 ? 3 : 8,
      axisLabel: {
        ...lettering(),
        hideOverlap: true,
        showMinLabel: false,
        showMaxLabel: false,
        formatter: (at: number) => instantLabel(at, axis.timeScale),
      },
      axisLine: { lineStyle: { color: 'var(--line)' } },
      splitLine: { lineStyle: { color: 'var(--grid)' } },
    },
  }
}

/** Wall time above, drill time below; one line when they are the same. */
function instantLabel(at: number, timeScale: number): string {
  if (at === 0) return '0'
  const wall = readableDuration(at / 1000)
  return timeScale === 1 ? wall : `${wall}\n${readableDuration((at / 1000) * timeScale)}`
}

function lettering() {
  return { color: 'var(--muted)', fontSize: 11, fontFamily: FONT, lineHeight: 14 }
}

/** Letters are about 6.4 units wide; the full text is in the table beside the picture. */
function shorten(text: string, width: number): string {
  const letters = Math.floor((width - 30) / 6.4)
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length <= letters ? line : `${line.slice(0, letters - 1)}…`
}

function compact(value: number): string {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 }).format(value)
}

function diamond(x: number, y: number): [number, number][] {
  return [
    [x, y - 7],
    [x + 7, y],
    [x, y + 7],
    [x - 7, y],
  ]
}

function draw(width: number, height: number, option: echarts.EChartsOption): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption(option)
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}
