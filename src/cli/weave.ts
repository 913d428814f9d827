import { LoadedProgram } from './weave/loaded-program.ts'

const isRouter = process.argv[2] === 'launch'
const { exports, keepCode } = new LoadedProgram<typeof import('./weave/program.ts')>({
  program: new URL('./weave.cjs', import.meta.url),
  code: new URL(`./code/${isRouter ? 'router' : 'weave'}`, import.meta.url),
})
const dataPathProgram = new URL('./weave-data-path.mjs', import.meta.url)

// Whoever reads has had enough, as in `weave events | head`.
process.stdout.on('error', cause => process.exit((cause as NodeJS.ErrnoException).code === 'EPIPE' ? 0 : 1))
// No reason for a router to end: the disk of its log is full, or who took it has gone. What it says at `info` and above is in its journal too.
process.stderr.on('error', () => undefined)

const exitCode = await exports.runWeave(process.argv, { dataPathProgram, keepCode })
// The router keeps its own once its start is over.
if (!isRouter) keepCode()
process.exit(exitCode)
