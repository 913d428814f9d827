import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import type { Endpoint } from '../../base/endpoint.ts'
import { macFromBytes, macToBytes } from '../../base/mac.ts'
import type { PeerName } from '../../base/peer-name.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { readAddress, readEndpoint, writeAddress, writeEndpoint } from './address.ts'

/** What a router says of itself to all others. Signed, so that a relay can neither alter nor invent one. */
export interface PeerRecord {
  readonly shortId: number
  readonly name: PeerName
  /** Larger at each start of the router. */
  readonly bootId: bigint
  /** Larger at each change within one boot. */
  readonly version: bigint
  readonly nickname: string
  readonly port: number
  /** Underlay addresses, at most 8. */
  readonly addresses: readonly string[]
  /** The short-lived X25519 key that others agree data keys with. */
  readonly keyId: number
  readonly publicKey: Uint8Array
  /** At most 1,024. */
  readonly links: readonly RecordedLink[]
}

export interface RecordedLink {
  readonly shortId: number
  readonly isOutbound: boolean
  /** Datagrams pass both ways. */
  readonly isEstablished: boolean
  readonly remote: Endpoint
  /** What frames are to think this way costs, 1 to 65,535: measured, or set by the operator. */
  readonly cost: number
}

export const SIGNATURE_BYTES = 64
export const ADDRESSES_MAX = 8
export const LINKS_MAX = 1024
export const RECORD_BYTES_MAX = 32 * 1024

/** The signed part, without the signature that follows it on the wire. */
export function encodeRecord(record: PeerRecord): Uint8Array {
  const writer = new ByteWriter()
  writer.u16(record.shortId).bytes(macToBytes(record.name)).u64(record.bootId).u64(record.version)
  writer.text8(record.nickname).u16(record.port)
  const addresses = record.addresses.slice(0, ADDRESSES_MAX)
  writer.u8(addresses.length)
  for (const address of addresses) writeAddress(writer, address)
  writer.u16(record.keyId).bytes(record.publicKey)
  const links = record.links.slice(0, LINKS_MAX)
  writer.u16(links.length)
  for (const link of links) {
    const flags = (link.isEstablished ? 1 : 0) | (link.isOutbound ? 2 : 0)
    writeEndpoint(writer.u16(link.shortId).u8(flags), link.remote).u16(link.cost)
  }
  return writer.finish()
}

export function decodeRecord(bytes: Uint8Array): Result<PeerRecord> {
  const reader = new ByteReader(bytes)
  const record: PeerRecord = {
    shortId: reader.u16(),
    name: macFromBytes(reader.bytes(6)) as PeerName,
    bootId: reader.u64(),
    version: reader.u64(),
    nickname: reader.text8(),
    port: reader.u16(),
    addresses: times(Math.min(reader.u8(), ADDRESSES_MAX + 1), () => readAddress(reader)),
    keyId: reader.u16(),
    publicKey: reader.bytes(32),
    links: times(Math.min(reader.u16(), LINKS_MAX + 1), () => decodeLink(reader)),
  }
  const failure = reader.end()
  if (failure !== undefined) return refused(failure)
  if (record.addresses.length > ADDRESSES_MAX || record.links.length > LINKS_MAX) return refused('a list is too long')
  return ok(record)
}

function decodeLink(reader: ByteReader): RecordedLink {
  const shortId = reader.u16()
  const flags = reader.u8()
  const remote = readEndpoint(reader)
  const cost = reader.u16()
  return { shortId, isEstablished: (flags & 1) !== 0, isOutbound: (flags & 2) !== 0, remote, cost }
}

function times<T>(count: number, read: () => T): T[] {
  const items: T[] = []
  for (let i = 0; i < count; i++) items.push(read())
  return items
}
