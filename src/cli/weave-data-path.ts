import { workerData } from 'node:worker_threads'
import { runDataPath } from '../agent/datapath/data-path-thread.ts'

// A file of its own: the thread needs little of what the command needs, and less is less memory.
runDataPath(workerData.start, workerData.port)
