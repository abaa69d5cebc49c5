import { mkdirSync, writeFileSync } from 'node:fs'
import { schemas } from '../src/app/schema.ts'

// schema/ is committed, so that editors find it beside the scenarios; a test says when it is not current.
mkdirSync('schema', { recursive: true })
for (const [name, schema] of Object.entries(schemas))
  writeFileSync(`schema/${name}.schema.json`, `${JSON.stringify(schema(), null, 2)}\n`)
