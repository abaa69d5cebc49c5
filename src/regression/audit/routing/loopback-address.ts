import { type Detector, spot } from '../finding.ts'

export const loopbackAddress: Detector = {
  summary: 'a receiver whose address is localhost',
  severity: 'medium',
  needs: ['alertmanager'],
  detect({ alertmanager }) {
    if (alertmanager === undefined) return []
    return alertmanager.receivers.flatMap(({ name, integrations }) =>
      integrations.flatMap(({ kind, index, config, places, ...place }) =>
        Object.entries(config)
          .filter(([, value]) => /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])[:/]/.test(String(value)))
          .map(([key]) => ({
            ...spot(alertmanager.file, places[key] ?? place),
            subject: `${name}/${kind}/${index}`,
            happens:
              'in a container localhost is the container of Alertmanager itself, where nothing listens: every notification fails',
            advice: 'name the service or host that listens',
          })),
      ),
    )
  },
}
