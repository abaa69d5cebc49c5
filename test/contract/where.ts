import type { RuntimeName } from '../../src/model/runtime.ts'
export const runtimes: RuntimeName[] = ['process']
