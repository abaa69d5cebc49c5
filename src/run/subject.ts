/** The service that a spec names, whatever its kind: faults, probes and expectations all say `service:`. */
export function serviceOf(spec: unknown): string | undefined {
  const named = typeof spec === 'object' && spec !== null && 'service' in spec ? spec.service : undefined
  return typeof named === 'string' ? named : undefined
}
