// Runs the fuzzers (test/fuzz) outside of jest, as one bundled script: the coverage is that of one file.
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const BUNDLE = join(ROOT, 'dist', 'fuzz.mjs')

await build({
  absWorkingDir: ROOT,
  entryPoints: [join(ROOT, 'test', 'fuzz', 'main.ts')],
  outfile: BUNDLE,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.11',
  sourcemap: 'inline',
  logLevel: 'warning',
})
process.chdir(ROOT)
await import(pathToFileURL(BUNDLE).href)
