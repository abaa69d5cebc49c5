import { cpus, totalmem } from 'node:os'
import type { RuntimeName } from '../src/model/runtime.ts'
import { chooseRuntime, inspectMachine } from '../src/runtimes/index.ts'
import type { Bench } from './bench.ts'
import { boot } from './boot.ts'
import { check } from './check.ts'
import { failover } from './failover.ts'
import { generate } from './generate.ts'
import { harness } from './harness.ts'
import { kill } from './kill.ts'
import { latency } from './latency.ts'
import { meaning } from './meaning.ts'
import { monthly } from './monthly.ts'
import { mutate } from './mutate.ts'
import { restore } from './restore.ts'
import { routes } from './routes.ts'
import { scale } from './scale.ts'
import { markdown } from './table.ts'
import { truth } from './truth.ts'

/** `npm run bench [-- NAME... [--runtime process|container] [--quick]]`: figures of this machine, with the other thing run beside. */
const benches: Readonly<Record<string, Bench>> = {
  latency,
  boot,
  truth,
  scale,
  harness,
  meaning,
  kill,
  failover,
  restore,
  monthly,
  check,
  routes,
  mutate,
  generate,
}

const words = process.argv.slice(2)
const asked = words.includes('--runtime') ? (words[words.indexOf('--runtime') + 1] as RuntimeName) : undefined
const quick = words.includes('--quick')
const names = words.filter((word, index) => !word.startsWith('--') && words[index - 1] !== '--runtime')
const unknown = names.filter(name => !Object.hasOwn(benches, name))
if (unknown.length > 0) {
  console.error(`No bench ${unknown.join(', ')}. Known: ${Object.keys(benches).join(', ')}`)
  process.exit(64)
}

const controller = new AbortController()
// Rolls back and ends what a bench has booted, instead of leaving it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort(new Error(signal)))

const usable = asked === undefined ? (await inspectMachine()).usable : [(await chooseRuntime(asked)).name]
console.log(
  `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString()}\n`,
)
for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const bench = benches[name]
  if (bench === undefined) continue
  for (const runtime of bench.live ? usable : [undefined]) {
    if (controller.signal.aborted) break
    console.log(`## ${name}${runtime === undefined ? '' : `, runtime ${runtime}`}\n\n${bench.summary}\n`)
    const began = performance.now()
    try {
      const rows = await bench.run({ runtime: runtime ?? 'process', quick, signal: controller.signal })
      console.log(`${markdown(rows)}\n`)
    } catch (error) {
      process.exitCode = 1
      console.log(`failed: ${error instanceof Error ? error.stack : String(error)}\n`)
    }
    console.log(`(${((performance.now() - began) / 1000).toFixed(0)} s)\n`)
  }
}
