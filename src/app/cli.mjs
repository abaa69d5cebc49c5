#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// Before anything else is loaded, and in JavaScript: for TypeScript, Node would load its compiler before the cache could spare it.
enableCompileCache(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'genesis-drill', 'node'))
await import('./program.ts')
