import type { RuntimeName } from '../../src/model/runtime.ts'
import { chooseRuntime } from '../../src/runtimes/index.ts'

/**
 * The runtimes that contract tests loop over. Without a usable Docker engine the container tests are left out with a printed reason;
 * with GENESIS_DRILL_REQUIRE_DOCKER=1 that is a failure instead.
 */
export const runtimes: readonly RuntimeName[] = await whereToTest()

async function whereToTest(): Promise<RuntimeName[]> {
  const { name, reason } = await chooseRuntime()
  if (name === 'container') return ['process', 'container']
  if (process.env['GENESIS_DRILL_REQUIRE_DOCKER'] === '1') {
    throw new Error(`GENESIS_DRILL_REQUIRE_DOCKER=1, but containers cannot be tested: ${reason}`)
  }
  console.warn(`container tests are skipped: ${reason}`)
  return ['process']
}
