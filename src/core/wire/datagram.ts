import { readU16, readU32, writeU16, writeU32 } from './big-endian.ts'

/**
 * The sleeve's datagram: a 20-byte header, then the sealed payload and its tag.
 *
 *     0 version   1 kind   2 hops left   3 zero   4 source (16)   6 destination (16)
 *     8 source key id (16)   10 destination key id (16)   12 counter (64)
 *
 * All but `hops left` is authenticated: relays count it down. The counter is, as the nonce that the payload is sealed with.
 */
export const HEADER_BYTES = 20
export const COUNTER_AT = 12
export const TAG_BYTES = 16
export const AUTHENTICATED_BYTES = 13
export const DATAGRAM_VERSION = 1

/** As many relays as a datagram may cross, and one. */
export const HOPS_MAX = 32

export const DatagramKind = { frame: 1, probe: 2, part: 3 } as const

export interface DatagramHeader {
  readonly kind: number
  readonly source: number
  readonly destination: number
  readonly sourceKeyId: number
  readonly destinationKeyId: number
  readonly counter: number
}

/** Hops left is written as zero: set it with `setHopsLeft`. */
export function writeHeader(bytes: Uint8Array, offset: number, header: DatagramHeader): void {
  bytes[offset] = DATAGRAM_VERSION
  bytes[offset + 1] = header.kind
  bytes[offset + 2] = 0
  bytes[offset + 3] = 0
  writeU16(bytes, offset + 4, header.source)
  writeU16(bytes, offset + 6, header.destination)
  writeU16(bytes, offset + 8, header.sourceKeyId)
  writeU16(bytes, offset + 10, header.destinationKeyId)
  writeCounter(bytes, offset, header.counter)
}

/**
 * What is authenticated beside the payload: version and kind (2), source, destination and key ids (8), a zero, and `length` (2),
 * which is the payload's. As many bytes, and the length where it is, as TLS 1.2 has (RFC 5246, section 6.2.3.3). Hot path.
 */
export function writeAuthenticated(into: Uint8Array, datagram: Uint8Array, offset: number, length: number): void {
  into[0] = datagram[offset] ?? 0
  into[1] = datagram[offset + 1] ?? 0
  for (let i = 2; i < 10; i++) into[i] = datagram[offset + i + 2] ?? 0
  into[10] = datagram[offset + 3] ?? 0
  writeU16(into, 11, length)
}

export function writeCounter(bytes: Uint8Array, offset: number, counter: number): void {
  writeU32(bytes, offset + COUNTER_AT, Math.floor(counter / 0x1_0000_0000))
  writeU32(bytes, offset + COUNTER_AT + 4, counter)
}

export function readKind(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 1] ?? 0
}

export function readVersion(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0
}

export function readHopsLeft(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 2] ?? 0
}

export function setHopsLeft(bytes: Uint8Array, offset: number, hops: number): void {
  bytes[offset + 2] = hops
}

export function readSource(bytes: Uint8Array, offset: number): number {
  return readU16(bytes, offset + 4)
}

export function readDestination(bytes: Uint8Array, offset: number): number {
  return readU16(bytes, offset + 6)
}

/** Source key id in the upper half, destination key id in the lower. */
export function readKeyIds(bytes: Uint8Array, offset: number): number {
  return keyIdsOf(readU16(bytes, offset + 8), readU16(bytes, offset + 10))
}

export function keyIdsOf(sourceKeyId: number, destinationKeyId: number): number {
  return sourceKeyId * 0x1_0000 + destinationKeyId
}

/** Undefined past 2^53: no router counts that far. */
export function readCounter(bytes: Uint8Array, offset: number): number | undefined {
  const high = readU32(bytes, offset + COUNTER_AT)
  return high >= 0x20_0000 ? undefined : high * 0x1_0000_0000 + readU32(bytes, offset + COUNTER_AT + 4)
}
