import { readU16, writeU16 } from './big-endian.ts'

/**
 * What stands before each frame in a sealed payload, and tells what it still lacks:
 *
 *     0 flags   1 checksum offset   2 checksum start (16)       a frame whose checksum is partial, or all zero: it is whole
 *     0 flags   1 checksum start    2 segment bytes (16)        a frame that is also to be cut into segments
 *
 * Partial means that the checksum field holds the sum of the pseudo-header, and that what is still to be added begins at `start`;
 * the field is at `start` + `offset`, which for a frame to be cut is that of its protocol. Bits of the flags: 0 partial, 1 to 3 how
 * it is to be cut, by the numbers of virtio 1.3, section 5.1.6.
 */
export const META_BYTES = 4

const PARTIAL = 1
const SEGMENTATION_BIT = 1
const TCP_IPV4 = 1
const TCP_IPV6 = 4
const UDP = 5
const ETHERNET_BYTES = 14
const NO_PLACE = 0
const START_MAX = 255

/** What a frame lacks; zeros for one that is whole. */
export interface FrameLack {
  readonly checksumStart: number
  readonly checksumOffset: number
  /** 0 for a frame that is not to be cut. */
  readonly segmentation: number
  readonly segmentBytes: number
}

/** Where the checksum of a frame is to be completed; zero for a frame that is whole. */
export type ChecksumPlace = Pick<FrameLack, 'checksumStart' | 'checksumOffset'>

/** Whether a frame can be sent as one that is still to be cut. */
export function fitsMeta(lack: FrameLack): boolean {
  return lack.checksumStart <= START_MAX && lack.checksumOffset === checksumOffsetOf(lack.segmentation)
}

export function writeMeta(bytes: Uint8Array, at: number, place: ChecksumPlace): void {
  bytes[at] = place.checksumStart === NO_PLACE ? 0 : PARTIAL
  bytes[at + 1] = place.checksumOffset
  writeU16(bytes, at + 2, place.checksumStart)
}

/** Of a frame that `fitsMeta`. */
export function writeCutMeta(bytes: Uint8Array, at: number, lack: FrameLack): void {
  bytes[at] = PARTIAL | (lack.segmentation << SEGMENTATION_BIT)
  bytes[at + 1] = lack.checksumStart
  writeU16(bytes, at + 2, lack.segmentBytes)
}

/** False for a meta that is malformed, or points out of the `length` bytes of the frame. Hot path. */
export function readMeta(
  bytes: Uint8Array,
  at: number,
  length: number,
  into: { -readonly [K in keyof FrameLack]: number },
): boolean {
  const flags = bytes[at] ?? 0
  const segmentation = flags >>> SEGMENTATION_BIT
  const isCut = segmentation !== 0
  into.segmentation = segmentation
  into.segmentBytes = isCut ? readU16(bytes, at + 2) : 0
  into.checksumStart = isCut ? (bytes[at + 1] ?? 0) : readU16(bytes, at + 2)
  into.checksumOffset = isCut ? checksumOffsetOf(segmentation) : (bytes[at + 1] ?? 0)
  if (flags === 0) return into.checksumStart === NO_PLACE && into.checksumOffset === 0
  if ((flags & PARTIAL) === 0 || (isCut && (into.segmentBytes === 0 || into.checksumOffset === 0))) return false
  return into.checksumStart >= ETHERNET_BYTES && into.checksumStart + into.checksumOffset + 2 <= length
}

/** Zero for a number that stands for nothing. */
function checksumOffsetOf(segmentation: number): number {
  if (segmentation === TCP_IPV4 || segmentation === TCP_IPV6) return 16
  return segmentation === UDP ? 6 : 0
}
