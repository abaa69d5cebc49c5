import type { RuntimeName } from '../../../src/model/runtime.ts'
import { openRuntime } from '../../../src/runtimes/index.ts'
import { launchPostgres, launchRedis } from './programs.ts'

/** A harness that boots a stack, says so and waits to be killed: `node doomed.ts RUNTIME RUN STATE`. */
const [, , name, run = '', state = ''] = process.argv
const runtime = await openRuntime({ name: name as RuntimeName, run, state })
const [cache, db] = await Promise.all([launchRedis(runtime, 'cache'), launchPostgres(runtime, 'db')])
// The shell is killed with its parent, the kernel sees to that; its child is not.
void runtime.tool('redis', ['sh', '-c', 'sleep 600 & wait'], { timeoutMs: 600_000 })
if (process.getuid?.() === 0) {
  const small = runtime.place('db').volume({ name: 'small', limitBytes: 1_000_000 })
  await runtime.tool('redis', ['touch', `${small}/file`])
}
console.log(JSON.stringify([cache, db].map(instance => instance.address().port)))
setInterval(() => {}, 1_000)
