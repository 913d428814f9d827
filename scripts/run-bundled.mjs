import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Bundles a TypeScript program of the tests to one script, `dist/NAME.mjs`, and runs it in this process. Paths are of the project. */
export async function runBundled(entry, name) {
  const bundle = join(ROOT, 'dist', `${name}.mjs`)
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join(ROOT, entry)],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.11',
    sourcemap: 'inline',
    logLevel: 'warning',
  })
  process.chdir(ROOT)
  await import(pathToFileURL(bundle).href)
}
