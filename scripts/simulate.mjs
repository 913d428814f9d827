// Runs the simulator (test/simulation) outside of jest, as one bundled script: several times as fast.
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const NAME = process.argv.includes('--scale') ? 'scale-main' : 'main'
const BUNDLE = join(ROOT, 'dist', `simulate-${NAME}.mjs`)

await build({
  absWorkingDir: ROOT,
  entryPoints: [join(ROOT, 'test', 'simulation', `${NAME}.ts`)],
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
