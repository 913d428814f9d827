/**
 * Has the programs of the fast path judge frames in the namespace that it runs in: each line on standard input is a world and frames,
 * each line of the answer what became of them. Argument: the device that `from_wire` is on.
 */
import { createInterface } from 'node:readline'
import { loadShippedObject } from '../../../src/agent/fastpath/shipped-object.ts'
import { deviceIndex, loadLibc } from '../../../src/agent/linux/libc.ts'
import type { Judged, World } from './judged-frame.ts'
import { WatchedPrograms } from './watched-programs.ts'

const libc = loadLibc()
const object = loadShippedObject(new URL('../../', import.meta.url))
if (object === undefined) throw new Error('the BPF object is missing')
const wire = deviceIndex(libc, process.argv[2] ?? '')
const programs = new WatchedPrograms(libc, object)
say({ wire })

for await (const line of createInterface({ input: process.stdin })) {
  const { world, frames } = JSON.parse(line) as { world: World; frames: readonly Judged[] }
  programs.begin(world)
  const verdicts = frames.map(frame => programs.judge(frame, wire))
  say({ verdicts, memory: programs.memory() })
}

function say(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
