import { describe, expect, it } from 'vitest'
import { claimIn, claimInEnvironment, labelsOf, variablesOf } from '../../../src/runtimes/labels.ts'

const claim = { run: 'r1', state: '/srv/"drill" = 1', owner: { pid: 7, started: '99', boot: 'b', host: 'h' } }

describe('the mark of a run', () => {
  it('comes back from labels and from an environment as it was put in', () => {
    expect(claimIn({ ...labelsOf(claim), other: 'label' })).toEqual(claim)
    const environ = Object.entries({ PATH: '/bin', ...variablesOf(claim), Z: '1' }).map(
      ([name, value]) => `${name}=${value}`,
    )
    expect(claimInEnvironment(environ.join('\0'))).toEqual(claim)
  })

  it('is not seen where it is absent or damaged: what is not surely ours is not touched', () => {
    expect(claimIn(undefined)).toBeUndefined()
    expect(claimIn({ ...labelsOf(claim), 'genesis-drill.owner': '{"pid":' })).toBeUndefined()
    expect(claimIn({ ...labelsOf(claim), 'genesis-drill.owner': '{"pid":7}' })).toBeUndefined()
    expect(claimInEnvironment('GENESIS_DRILL_CLAIM=null\0PATH=/bin')).toBeUndefined()
    expect(claimInEnvironment('GENESIS_DRILL_CLAIM=r1\0')).toBeUndefined()
    expect(claimInEnvironment('')).toBeUndefined()
  })
})
