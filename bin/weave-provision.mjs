#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const bundle = new URL('../dist/weave-provision.mjs', import.meta.url)

if (existsSync(bundle)) {
  await import(bundle.href)
} else {
  console.error(`error: ${fileURLToPath(bundle)} is missing: the project is not built`)
  console.error('remedy: run `npm run build`')
  process.exitCode = 1
}
