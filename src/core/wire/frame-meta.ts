import { readU16, writeU16 } from './big-endian.ts'

/**
 * What stands before each frame in a sealed payload, and tells whether its checksum is left to the receiver:
 *
 *     0 flags (1: the checksum is partial)   1 checksum offset   2 checksum start (16)
 *
 * Partial means that the checksum field holds the sum of the pseudo-header, and that what is still to be added begins at `start`;
 * the field is at `start` + `offset`. All zero for a frame that is whole.
 */
export const META_BYTES = 4

const PARTIAL = 1
const ETHERNET_BYTES = 14
const NO_PLACE = 0

/** Where the checksum of a frame is to be completed; zero for a frame that is whole. */
export interface ChecksumPlace {
  readonly checksumStart: number
  readonly checksumOffset: number
}

export function writeMeta(bytes: Uint8Array, at: number, place: ChecksumPlace): void {
  bytes[at] = place.checksumStart === NO_PLACE ? 0 : PARTIAL
  bytes[at + 1] = place.checksumOffset
  writeU16(bytes, at + 2, place.checksumStart)
}

/** False for a meta that is malformed, or points out of the `length` bytes of the frame. Hot path. */
export function readMeta(
  bytes: Uint8Array,
  at: number,
  length: number,
  into: { -readonly [K in keyof ChecksumPlace]: number },
): boolean {
  const flags = bytes[at] ?? 0
  into.checksumOffset = bytes[at + 1] ?? 0
  into.checksumStart = readU16(bytes, at + 2)
  if (flags === 0) return into.checksumStart === NO_PLACE && into.checksumOffset === 0
  const end = into.checksumStart + into.checksumOffset + 2
  return flags === PARTIAL && into.checksumStart >= ETHERNET_BYTES && end <= length
}
