// Runs the simulator (test/simulation) outside of jest, as one bundled script: several times as fast.
import { runBundled } from './run-bundled.mjs'

const name = process.argv.includes('--scale') ? 'scale-main' : 'main'
await runBundled(`test/simulation/${name}.ts`, `simulate-${name}`)
