// Runs the simulator (test/simulation) outside of jest, as one bundled script: several times as fast.
import { runBundled } from './run-bundled.mjs'

const part = ['scale', 'nights'].find(one => process.argv.includes(`--${one}`))
const name = part === undefined ? 'main' : `${part}-main`
await runBundled(`test/simulation/${name}.ts`, `simulate-${name}`)
