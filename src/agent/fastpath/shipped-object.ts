import { existsSync, readFileSync } from 'node:fs'
import { type BpfObject, parseBpfObject } from '../linux/bpf/bpf-object.ts'

const NAME = 'fast-path.o'

/** The compiled programs: beside the program in a release, in `bpf` of the sources otherwise. Undefined when it was not shipped. */
export function loadShippedObject(base: URL): BpfObject | undefined {
  const places = [`./${NAME}`, `../bpf/${NAME}`, `../../bpf/${NAME}`].map(place => new URL(place, base))
  const found = places.find(place => existsSync(place))
  return found === undefined ? undefined : parseBpfObject(readFileSync(found))
}
