import type { PromtoolPool } from '../promtool/pool.ts'

/** Runs a test file as it will be kept, on these rules: promtool's words when it does not pass. */
export async function refusalOf(tests: string, rules: string, pool: PromtoolPool): Promise<string | undefined> {
  const { passed, text } = await pool.ask({
    file: {
      rules,
      tests: ruleFiles => tests.replace(/^rule_files: .*$/m, () => `rule_files: ${JSON.stringify(ruleFiles)}`),
    },
  })
  if (passed) return undefined
  return `promtool refuses the tests: ${text.trim().split('\n').slice(0, 6).join('\n')}`
}
