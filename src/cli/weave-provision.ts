import { createProgram, runProgram } from './provision/program.ts'

/** Whoever reads the output may have seen enough, as `| head` has: that is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

process.exitCode = await runProgram(createProgram(), process.argv)
