// Runs the fuzzers (test/fuzz) outside of jest, as one bundled script: the coverage is that of one file.
import { runBundled } from './run-bundled.mjs'

await runBundled('test/fuzz/main.ts', 'fuzz')
