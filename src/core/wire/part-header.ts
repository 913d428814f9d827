import { readU16, readU32, writeU16, writeU32 } from './big-endian.ts'

/**
 * What stands before a part of a payload that is too large for the path:
 *
 *     0 number of the payload (32)   4 where the part begins (16)   6 bytes of the whole payload (16)
 */
export const PART_HEADER_BYTES = 8

export function writePartHeader(
  bytes: Uint8Array,
  at: number,
  part: { number: number; start: number; all: number },
): void {
  writeU32(bytes, at, part.number)
  writeU16(bytes, at + 4, part.start)
  writeU16(bytes, at + 6, part.all)
}

export function readPartNumber(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at)
}

export function readPartStart(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + 4)
}

export function readWholeBytes(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + 6)
}
