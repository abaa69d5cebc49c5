import type { Monitoring, PrometheusAlert, Sample } from '../../src/model/kind.ts'

/** Engines that say what a test told them. */
export class FakeMonitoring implements Monitoring {
  active: PrometheusAlert[] = []
  answers: Record<string, readonly Sample[]> = {}
  /** Alerts that were explained, in order. */
  readonly explained: string[] = []
  readonly receivers = ['default', 'dr_critical']

  fire(alert: string, labels: Record<string, string> = {}, state: 'pending' | 'firing' = 'firing'): void {
    this.active.push({
      labels: { alertname: alert, ...labels },
      annotations: { summary: `${alert} happened` },
      state,
      activeAt: '2026-01-01T00:00:00Z',
      value: '1e+00',
    })
  }

  async alerts() {
    return this.active
  }

  async query(expression: string) {
    return this.answers[expression] ?? []
  }

  async rules() {
    return []
  }

  async targets() {
    return []
  }

  async explainAlert(alert: string) {
    this.explained.push(alert)
    return [{ kind: 'text', title: 'why', text: `the reasons of ${alert}` } as const]
  }

  async explainNotification({ alert, receiver }: { alert: string; receiver: string }) {
    this.explained.push(`${alert} to ${receiver}`)
    return [{ kind: 'text', title: 'why', text: `the route of ${alert}` } as const]
  }

  async alertmanagerAlerts() {
    return []
  }
}
