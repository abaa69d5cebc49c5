import type { MetricsTarget } from '../model/abilities.ts'
import type { Service, ServiceHost } from '../model/kind.ts'
import type { Blueprint, Instance } from '../model/runtime.ts'

interface Exporter {
  readonly job: string
  /** As production files would name it: after the service that it watches. */
  readonly instance: string
  readonly blueprint: Pick<Blueprint, 'program' | 'command' | 'environment'>
}

/** Starts an exporter: a program with a /metrics page about another service, in wall time. */
export async function startExporter(host: ServiceHost, { job, instance, blueprint }: Exporter): Promise<Service> {
  const { runtime, place } = host
  const { service } = place
  const exporter = await runtime.launch(service, {
    ...blueprint,
    readyWithin: 60_000,
    // Its front page: /metrics would wait for the watched service.
    ready: running => answers(running, '/'),
  })
  const metrics: MetricsTarget = {
    job,
    instance,
    target: runtime.place('prometheus').peer(service),
    path: '/metrics',
    world: 'wall',
  }
  return {
    facts: [exporter.facts],
    abilities: {
      lifecycle: exporter,
      freeze: exporter,
      logs: exporter,
      metrics: [metrics],
      endpoint: {
        address: async () => (await runtime.link('clients', service)).address,
        target: () => service,
      },
    },
    [Symbol.asyncDispose]: () => exporter.remove(),
  }
}

/** Whether an HTTP server of the run answers 2xx on this path. */
export async function answers(instance: Instance, path: string): Promise<boolean> {
  const { host, port } = instance.address()
  const response = await fetch(`http://${host}:${port}${path}`, { signal: AbortSignal.timeout(2_000) })
  await response.arrayBuffer()
  return response.ok
}
