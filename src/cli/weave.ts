import { isMainThread, workerData } from 'node:worker_threads'
import { runDataPath } from '../agent/datapath/data-path-thread.ts'
import { DATA_PATH_ROLE } from '../agent/datapath/messages.ts'
import { runWeave } from './weave/program.ts'

// One file is both the command and the thread that the router moves packets with.
if (isMainThread) process.exit(await runWeave(process.argv, new URL(import.meta.url)))
else if (workerData?.start?.role === DATA_PATH_ROLE) runDataPath(workerData.start, workerData.port)
