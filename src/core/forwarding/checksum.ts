import { readU16, writeU16 } from '../wire/big-endian.ts'
import type { ChecksumPlace } from '../wire/frame-meta.ts'

/** 16 bits of a sum (RFC 1071). Hot path, as all that follows. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16)
  return (once & 0xffff) + (once >>> 16)
}

/** Sum of `length` bytes, folded; an odd last byte counts as if a zero followed. */
export function sumOf(bytes: Uint8Array, at: number, length: number): number {
  let sum = 0
  const end = at + (length & ~1)
  for (let i = at; i < end; i += 2) sum += readU16(bytes, i)
  if ((length & 1) === 1) sum += (bytes[end] ?? 0) << 8
  return fold(sum)
}

/** `sum` with the 16 bits `from`, which it contains, exchanged for `to`. */
export function exchange(sum: number, from: number, to: number): number {
  return fold(sum + (~from & 0xffff) + to)
}

/** Does what a partial checksum leaves to the receiver. `at` and `length` are those of the frame. Hot path. */
export function completeChecksum(bytes: Uint8Array, at: number, length: number, place: ChecksumPlace): void {
  const { checksumStart: start, checksumOffset: offset } = place
  const sum = sumOf(bytes, at + start, length - start)
  // RFC 768: zero in a UDP header would say that there is no checksum, and is the same number in one's complement.
  writeU16(bytes, at + start + offset, ~sum & 0xffff || 0xffff)
}

/** Writes the checksum of an IPv4 header. */
export function sealIpv4Header(bytes: Uint8Array, at: number, length: number): void {
  writeU16(bytes, at + 10, 0)
  writeU16(bytes, at + 10, ~sumOf(bytes, at, length) & 0xffff)
}
