import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { schemas } from '../../../src/app/schema.ts'

for (const [name, schema] of Object.entries(schemas))
  test(`schema/${name}.schema.json is current (npm run schema writes it)`, () => {
    expect(readFileSync(`schema/${name}.schema.json`, 'utf8')).toBe(`${JSON.stringify(schema(), null, 2)}\n`)
  })
