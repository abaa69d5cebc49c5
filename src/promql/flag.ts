const FLAG = /(^|_)up$|^probe_success$/

/** Is a metric only ever 0 or 1? By long custom: Prometheus' own `up`, exporters' `redis_up`, the prober's `probe_success`. */
export function isFlag(metric: string): boolean {
  return FLAG.test(metric)
}
