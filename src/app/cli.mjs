#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// Before anything else is loaded, and in JavaScript: for TypeScript, Node would load its compiler before the cache could spare it.
enableCompileCache(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'genesis-drill', 'node'))
// Most of a small check is waiting for promtool, so it is asked before anything else is loaded.
if (process.argv[2] === 'check') {
  const { startEarly } = await import('../regression/check/early.ts')
  startEarly(process.argv.slice(3))
}
await import('./program.ts')
