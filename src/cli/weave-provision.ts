import { createProgram, runProgram } from './provision/program.ts'

process.exitCode = await runProgram(createProgram(), process.argv)
