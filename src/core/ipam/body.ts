import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { firstOf, type IpAddress, type IpNetwork } from '../../base/ip-address.ts'
import { macFromBytes, macToBytes } from '../../base/mac.ts'
import type { PeerName } from '../../base/peer-name.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import type { Claim } from './owned-space.ts'
import type { Range } from './range.ts'

/** Ranges that a peer may own: each donation may cut one in two. */
export const CLAIMS_MAX = 1024
const LIST_MAX = 4096
/** With format, serial, and the lengths of the six lists. */
const FRAME_BYTES = 17
const RANGE_BYTES = 32
const BYTES_OF = {
  claims: RANGE_BYTES + 21,
  grants: RANGE_BYTES + 14,
  taken: 10,
  wishes: RANGE_BYTES + 10,
  denials: 11,
  ranges: 17,
} as const
/** Taken over each minute, space comes to it in 255 years: whoever claims more counts to win. */
export const EPOCH_MAX = 2 ** 31 - 1
/** Ranges that may be added. */
export const ADDED_MAX = 64
const FORMAT = 1

export interface PublishedClaim extends Claim {
  /** Addresses without a lease that others may have. */
  readonly free: bigint
}

/** Space on its way to another peer. Between here and its arrival nobody uses it. */
export interface Grant extends Range {
  readonly receiver: PeerName
  /** Counts the grants of the giver: the receiver takes each once. */
  readonly sequence: number
  readonly epoch: number
}

/** Asks one peer for space within a range, or for one address when the range is one. */
export interface Wish extends Range {
  readonly id: number
  readonly donor: PeerName
}

export const DENIALS = ['nothing free', 'in use', 'not mine', 'not safe', 'not lawful'] as const

export interface Denial {
  readonly peer: PeerName
  /** 0 where it is about the claims of the peer: they are not lawful. */
  readonly wish: number
  readonly reason: (typeof DENIALS)[number]
}

/** What a peer says of its space to all others. */
export interface AddressBody {
  /** Grows with each version, over restarts too. */
  readonly serial: number
  readonly claims: readonly PublishedClaim[]
  readonly grants: readonly Grant[]
  /** The last grant taken from each giver. */
  readonly taken: ReadonlyMap<PeerName, number>
  readonly wishes: readonly Wish[]
  readonly denials: readonly Denial[]
  /** Those that were added since the routers were started. */
  readonly ranges: readonly IpNetwork[]
}

export type BodyCounts = Readonly<Record<keyof typeof BYTES_OF, number>>

/** How long a body is that has so much of each. */
export function addressBodyBytes(counts: BodyCounts): number {
  const lists = Object.keys(BYTES_OF) as (keyof typeof BYTES_OF)[]
  return lists.reduce((sum, list) => sum + counts[list] * BYTES_OF[list], FRAME_BYTES)
}

/** docs/protocol.md, addresses. */
export function encodeAddressBody(body: AddressBody): Uint8Array {
  const writer = new ByteWriter().u8(FORMAT).u32(body.serial)
  writer.u16(body.claims.length)
  for (const claim of body.claims) {
    writeRange(writer, claim)
      .u32(claim.epoch)
      .u8(claim.isSettling ? 1 : 0)
    write128(writer, claim.free)
  }
  writer.u16(body.grants.length)
  for (const grant of body.grants) {
    writer.bytes(macToBytes(grant.receiver)).u32(grant.sequence)
    writeRange(writer, grant).u32(grant.epoch)
  }
  writer.u16(body.taken.size)
  for (const [peer, sequence] of body.taken) writer.bytes(macToBytes(peer)).u32(sequence)
  writer.u16(body.wishes.length)
  for (const wish of body.wishes) writeRange(writer.u32(wish.id).bytes(macToBytes(wish.donor)), wish)
  writer.u16(body.denials.length)
  for (const denial of body.denials) {
    writer.bytes(macToBytes(denial.peer)).u32(denial.wish).u8(DENIALS.indexOf(denial.reason))
  }
  writer.u16(body.ranges.length)
  for (const { network, prefix } of body.ranges) write128(writer, network).u8(prefix)
  return writer.finish()
}

export function decodeAddressBody(bytes: Uint8Array): Result<AddressBody> {
  const reader = new ByteReader(bytes)
  if (reader.u8() !== FORMAT) return refused('addresses: an unknown format')
  const body: AddressBody = {
    serial: reader.u32(),
    claims: readList(reader, CLAIMS_MAX, readClaim),
    grants: readList(reader, LIST_MAX, readGrant),
    taken: new Map(readList(reader, LIST_MAX, () => [readPeer(reader), reader.u32()] as const)),
    wishes: readList(reader, LIST_MAX, () => ({ id: reader.u32(), donor: readPeer(reader), ...readRange(reader) })),
    denials: readList(reader, LIST_MAX, readDenial),
    ranges: readList(reader, ADDED_MAX, () => ({ network: read128(reader) as IpAddress, prefix: reader.u8() })),
  }
  const failure = reader.end()
  if (failure !== undefined) return refused(`addresses: ${failure}`)
  const ranges: readonly Range[] = [...body.claims, ...body.grants, ...body.wishes]
  if (ranges.some(range => range.to < range.from)) return refused('addresses: a range ends before it begins')
  if ([...body.claims, ...body.grants].some(({ epoch }) => epoch > EPOCH_MAX)) {
    return refused('addresses: an epoch that no claim comes to')
  }
  const isAligned = ({ network, prefix }: IpNetwork) => prefix <= 128 && firstOf(network, prefix) === network
  if (!body.ranges.every(isAligned)) return refused('addresses: a range that is no network')
  return ok(body)
}

function readClaim(reader: ByteReader): PublishedClaim {
  return { ...readRange(reader), epoch: reader.u32(), isSettling: reader.u8() === 1, free: read128(reader) }
}

function readGrant(reader: ByteReader): Grant {
  const [receiver, sequence] = [readPeer(reader), reader.u32()]
  return { receiver, sequence, ...readRange(reader), epoch: reader.u32() }
}

function readDenial(reader: ByteReader): Denial {
  return { peer: readPeer(reader), wish: reader.u32(), reason: DENIALS[reader.u8()] ?? 'not safe' }
}

function readList<T>(reader: ByteReader, max: number, read: (reader: ByteReader) => T): readonly T[] {
  const items: T[] = []
  for (let left = Math.min(reader.u16(), max); left > 0 && reader.failure === undefined; left--)
    items.push(read(reader))
  return reader.failure === undefined ? items : []
}

function readPeer(reader: ByteReader): PeerName {
  return macFromBytes(reader.bytes(6)) as PeerName
}

function readRange(reader: ByteReader): Range {
  return { from: read128(reader), to: read128(reader) }
}

function read128(reader: ByteReader): bigint {
  return (reader.u64() << 64n) | reader.u64()
}

function writeRange(writer: ByteWriter, { from, to }: Range): ByteWriter {
  return write128(write128(writer, from), to)
}

function write128(writer: ByteWriter, value: bigint): ByteWriter {
  return writer.u64(value >> 64n).u64(value & 0xffff_ffff_ffff_ffffn)
}
