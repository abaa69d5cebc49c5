import { executeDrill } from '../src/run/index.ts'
import { loadDrill } from '../src/run/load/index.ts'
import { stateDirectory } from '../src/runtimes/index.ts'
import type { Bench } from './bench.ts'

export const monthly: Bench = {
  summary: 'The whole monthly drill: wall time, and what the same would take in real time.',
  live: true,
  async run({ runtime, signal, quick }) {
    const whole = await loadDrill(['drills/monthly-dr.yaml'], {
      formats: ['html', 'pdf', 'junit', 'summary', 'metrics', 'json'],
    })
    const drill = quick ? { ...whole, scenarios: whole.scenarios.slice(0, 2) } : whole
    const began = performance.now()
    const record = await executeDrill(drill, { runtime, signal, state: stateDirectory() })
    const seconds = (performance.now() - began) / 1000
    const real = record.scenarios.reduce((sum, scenario) => {
      const phase = (wanted: string): number =>
        scenario.timeline.find(event => event.event === 'phase' && event.phase === wanted)?.wall ?? scenario.endedAt
      const scaled = phase('measuring') - phase('steady')
      return sum + (scenario.endedAt - scenario.startedAt - scaled + scaled * scenario.timeScale) / 1000
    }, 0)
    return [
      {
        scenarios: record.scenarios.length,
        met: record.scenarios.filter(scenario => scenario.verdict === 'met').length,
        'not met':
          record.scenarios
            .filter(scenario => scenario.verdict !== 'met')
            .map(scenario => `${scenario.scenario} (${scenario.verdict})`)
            .join(', ') || 'none',
        'second attempts': record.scenarios.reduce((sum, scenario) => sum + scenario.attempts.length, 0),
        wall: `${Math.floor(seconds / 60)} m ${Math.round(seconds % 60)} s`,
        'in real time': `${(real / 3600).toFixed(1)} h`,
      },
    ]
  },
}
