import { runWeave } from './weave/program.ts'

const dataPathProgram = new URL('./weave-data-path.mjs', import.meta.url)

process.exit(await runWeave(process.argv, dataPathProgram))
