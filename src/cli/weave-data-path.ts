import { workerData } from 'node:worker_threads'
import { LoadedProgram } from './weave/loaded-program.ts'

// A file of its own: the thread needs little of what the command needs, and less is less memory.
const { exports, keepCode } = new LoadedProgram<typeof import('../agent/datapath/data-path-thread.ts')>({
  program: new URL('./weave-data-path.cjs', import.meta.url),
  code: new URL('./code/weave-data-path', import.meta.url),
})
exports.runDataPath(workerData.start, workerData.port, keepCode)
