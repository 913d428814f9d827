import type { SeededRandom } from '../simulation/random.ts'

/** Longer inputs are cut: what is behind is found by shorter ones. */
export const INPUT_BYTES_MAX = 4_096

const INTERESTING = [0, 1, 2, 16, 63, 64, 65, 127, 128, 254, 255]
const CHANGES_MAX = 6

type Change = (bytes: Uint8Array, random: SeededRandom, other: Uint8Array) => Uint8Array

const CHANGES: readonly Change[] = [
  (bytes, random) => at(bytes, random, byte => byte ^ (1 << random.between(0, 7))),
  (bytes, random) => at(bytes, random, () => random.between(0, 255)),
  (bytes, random) => at(bytes, random, () => random.pick(INTERESTING) ?? 0),
  (bytes, random) => at(bytes, random, byte => byte + (random.chance(0.5) ? 1 : -1)),
  (bytes, random) =>
    overwrite(
      bytes,
      random,
      Uint8Array.from({ length: 2 ** random.between(1, 3) }, () => 255),
    ),
  (bytes, random) => overwrite(bytes, random, new Uint8Array(2 ** random.between(1, 3))),
  (bytes, random) => insert(bytes, random, random.bytes(random.between(1, 8))),
  (bytes, random) => insert(bytes, random, sliceOf(bytes, random)),
  (bytes, random) => remove(bytes, random),
  (bytes, random) => bytes.slice(0, random.between(0, bytes.length)),
  (bytes, random, other) => insert(bytes, random, sliceOf(other, random)),
  (bytes, random, other) => overwrite(bytes, random, sliceOf(other, random)),
]

/** `bytes` with some changes; `other` is an input to take pieces from. */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  let changed: Uint8Array = Uint8Array.from(bytes)
  for (let left = random.between(1, random.between(1, CHANGES_MAX)); left > 0; left--) {
    changed = random.pick(CHANGES)?.(changed, random, other) ?? changed
  }
  return changed.slice(0, INPUT_BYTES_MAX)
}

function at(bytes: Uint8Array, random: SeededRandom, change: (byte: number) => number): Uint8Array {
  const changed = bytes.slice()
  const place = random.between(0, Math.max(0, bytes.length - 1))
  if (bytes.length > 0) changed[place] = change(bytes[place] ?? 0)
  return changed
}

function overwrite(bytes: Uint8Array, random: SeededRandom, piece: Uint8Array): Uint8Array {
  const changed = bytes.slice()
  const fitting = piece.subarray(0, bytes.length)
  changed.set(fitting, random.between(0, bytes.length - fitting.length))
  return changed
}

function insert(bytes: Uint8Array, random: SeededRandom, piece: Uint8Array): Uint8Array {
  const place = random.between(0, bytes.length)
  return Uint8Array.from([...bytes.subarray(0, place), ...piece, ...bytes.subarray(place)])
}

function remove(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const place = random.between(0, bytes.length)
  return Uint8Array.from([...bytes.subarray(0, place), ...bytes.subarray(place + random.between(1, 16))])
}

function sliceOf(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const place = random.between(0, bytes.length)
  return bytes.slice(place, place + random.between(1, 32))
}
