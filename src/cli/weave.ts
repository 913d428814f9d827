import { runWeave } from './weave/program.ts'

const dataPathProgram = new URL('./weave-data-path.mjs', import.meta.url)

// Whoever reads has had enough, as in `weave events | head`.
process.stdout.on('error', cause => process.exit((cause as NodeJS.ErrnoException).code === 'EPIPE' ? 0 : 1))

process.exit(await runWeave(process.argv, dataPathProgram))
