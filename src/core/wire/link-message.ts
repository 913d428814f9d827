import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import type { Endpoint } from '../../base/endpoint.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { readEndpoint, writeEndpoint } from './address.ts'
import { PUNCH_BYTES_MAX } from './punch.ts'
import { TOPICS_MAX } from './topic.ts'

/** What two neighbours say to each other over their control link. */
export type LinkMessage =
  /** First on every link, both ways. */
  | {
      readonly kind: 'hello'
      readonly protocolMin: number
      readonly protocolMax: number
      readonly bootId: bigint
      readonly manifestVersion: bigint
      readonly record: Uint8Array
    }
  | { readonly kind: 'records'; readonly records: readonly SignedRecord[] }
  | { readonly kind: 'manifest'; readonly text: string; readonly signature: Uint8Array }
  | { readonly kind: 'heartbeat'; readonly sequence: number }
  /** Eight bytes for all versions held: one that holds others answers with its buckets. */
  | { readonly kind: 'summary'; readonly hash: Uint8Array }
  /** A hash of each bucket of versions: answered with a digest of those that differ. */
  | { readonly kind: 'buckets'; readonly hashes: Uint32Array }
  /**
   * The versions that the sender holds in the `buckets`, a mask: the receiver answers with what is newer and, when `wantsDigest`,
   * with a digest of the buckets in which it lacks something itself.
   */
  | {
      readonly kind: 'digest'
      readonly buckets: bigint
      readonly wantsDigest: boolean
      readonly entries: readonly DigestEntry[]
    }
  /** Where the receiver's datagrams come from, as the sender sees it. */
  | { readonly kind: 'observed'; readonly endpoint: Endpoint }
  /** A signed punch on its way to a router that need not be a neighbour. */
  | { readonly kind: 'punch'; readonly hopsLeft: number; readonly punch: Uint8Array }
  /** Datagrams of the sleeve where UDP does not pass, `datagramBytes` each, the last that many or fewer. */
  | { readonly kind: 'datagrams'; readonly datagramBytes: number; readonly bytes: Uint8Array }
  | { readonly kind: 'goodbye'; readonly reason: string }
  /** Wall clock of the sender, in milliseconds since 1970; only to who speaks `CLOCKS_SINCE`. */
  | { readonly kind: 'clock'; readonly clockMs: bigint }

/** `bytes`: the encoding and its signature; of a message that came in, a view of its memory, to be copied by who keeps it. */
export interface SignedRecord {
  readonly topic: number
  readonly bytes: Uint8Array
}

export interface DigestEntry {
  readonly shortId: number
  readonly topic: number
  readonly bootId: bigint
  readonly version: bigint
}

export const PROTOCOL_VERSION = 2
/** Still spoken. */
export const PROTOCOL_OLDEST = 1
/** The version that has `clock`, which ends a link with a router of an earlier one. */
export const CLOCKS_SINCE = 2
export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024 + 1024
/** Short ids times topics. */
const RECORDS_MAX = 4096 * TOPICS_MAX
const LENGTH_BYTES = 4
/** On the wire. */
export const DIGEST_ENTRY_BYTES = 19
/** Of versions in a `buckets` message. */
const BUCKETS = 64

const Code = {
  hello: 1,
  records: 2,
  manifest: 3,
  heartbeat: 4,
  digest: 6,
  goodbye: 7,
  summary: 8,
  buckets: 9,
  observed: 10,
  punch: 11,
  datagrams: 12,
  clock: 13,
} as const

/** Length (32 bits, of what follows), kind (8 bits), body. */
export function encodeMessage(message: LinkMessage): Uint8Array {
  if (message.kind === 'records') return encodeRecords(message.records)
  const body = encodeBody(message)
  return new ByteWriter(LENGTH_BYTES + body.length).u32(body.length).bytes(body).finish()
}

/** Most bytes that routers say to each other are these: they are laid out at once, length included. */
function encodeRecords(records: readonly SignedRecord[]): Uint8Array {
  let length = 3
  for (const { bytes } of records) length += 3 + bytes.length
  const writer = new ByteWriter(LENGTH_BYTES + length).u32(length).u8(Code.records).u16(records.length)
  for (const { topic, bytes } of records) writer.u8(topic).u16(bytes.length).bytes(bytes)
  return writer.finish()
}

/** `bytes`: kind and body, without the length. */
export function decodeMessage(bytes: Uint8Array): Result<LinkMessage> {
  const reader = new ByteReader(bytes)
  const message = decodeBody(reader.u8(), reader)
  if (message === undefined) return refused('a message of an unknown kind')
  const failure = reader.end()
  return failure === undefined ? ok(message) : refused(failure)
}

function encodeBody(message: Exclude<LinkMessage, { kind: 'records' }>): Uint8Array {
  const writer = new ByteWriter()
  switch (message.kind) {
    case 'hello':
      writer.u8(Code.hello).u16(message.protocolMin).u16(message.protocolMax)
      writer.u64(message.bootId).u64(message.manifestVersion)
      return writer.u16(message.record.length).bytes(message.record).finish()
    case 'manifest':
      return writer.u8(Code.manifest).bytes(message.signature).bytes(new TextEncoder().encode(message.text)).finish()
    case 'heartbeat':
      return writer.u8(Code.heartbeat).u32(message.sequence).finish()
    case 'digest':
      writer
        .u8(Code.digest)
        .u64(message.buckets)
        .u8(message.wantsDigest ? 1 : 0)
        .u16(message.entries.length)
      for (const entry of message.entries) {
        writer.u16(entry.shortId).u8(entry.topic).u64(entry.bootId).u64(entry.version)
      }
      return writer.finish()
    case 'summary':
      return writer.u8(Code.summary).bytes(message.hash).finish()
    case 'buckets':
      writer.u8(Code.buckets)
      for (const hash of message.hashes) writer.u32(hash)
      return writer.finish()
    case 'observed':
      return writeEndpoint(writer.u8(Code.observed), message.endpoint).finish()
    case 'punch':
      return writer.u8(Code.punch).u8(message.hopsLeft).bytes(message.punch).finish()
    case 'datagrams':
      return writer.u8(Code.datagrams).u16(message.datagramBytes).bytes(message.bytes).finish()
    case 'goodbye':
      return writer.u8(Code.goodbye).text8(message.reason).finish()
    case 'clock':
      return writer.u8(Code.clock).u64(message.clockMs).finish()
  }
}

function decodeBody(code: number, reader: ByteReader): LinkMessage | undefined {
  switch (code) {
    case Code.hello: {
      const [protocolMin, protocolMax] = [reader.u16(), reader.u16()]
      const [bootId, manifestVersion] = [reader.u64(), reader.u64()]
      return { kind: 'hello', protocolMin, protocolMax, bootId, manifestVersion, record: reader.bytes(reader.u16()) }
    }
    case Code.records:
      return {
        kind: 'records',
        records: listOf(reader, () => ({ topic: reader.u8(), bytes: reader.view(reader.u16()) })),
      }
    case Code.manifest:
      return {
        kind: 'manifest',
        signature: reader.bytes(64),
        text: new TextDecoder().decode(reader.bytes(reader.remaining)),
      }
    case Code.heartbeat:
      return { kind: 'heartbeat', sequence: reader.u32() }
    case Code.digest: {
      const [buckets, wantsDigest] = [reader.u64(), reader.u8() === 1]
      return { kind: 'digest', buckets, wantsDigest, entries: listOf(reader, () => decodeEntry(reader)) }
    }
    case Code.summary:
      return { kind: 'summary', hash: reader.bytes(8) }
    case Code.buckets:
      return { kind: 'buckets', hashes: Uint32Array.from({ length: BUCKETS }, () => reader.u32()) }
    case Code.observed:
      return { kind: 'observed', endpoint: readEndpoint(reader) }
    case Code.punch: {
      const hopsLeft = reader.u8()
      return { kind: 'punch', hopsLeft, punch: reader.bytes(Math.min(reader.remaining, PUNCH_BYTES_MAX)) }
    }
    case Code.datagrams:
      return { kind: 'datagrams', datagramBytes: reader.u16(), bytes: reader.bytes(reader.remaining) }
    case Code.goodbye:
      return { kind: 'goodbye', reason: reader.text8() }
    case Code.clock:
      return { kind: 'clock', clockMs: reader.u64() }
    default:
      return undefined
  }
}

function decodeEntry(reader: ByteReader): DigestEntry {
  return { shortId: reader.u16(), topic: reader.u8(), bootId: reader.u64(), version: reader.u64() }
}

/** A count of 16 bits, then the items. Stops at the first failure, so a lying count costs nothing. */
function listOf<T>(reader: ByteReader, read: () => T): T[] {
  const count = Math.min(reader.u16(), RECORDS_MAX)
  const items: T[] = []
  for (let i = 0; i < count && reader.failure === undefined; i++) items.push(read())
  return items
}
