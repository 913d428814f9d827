import dnsPacket, { type Answer, type DecodedPacket } from 'dns-packet'
import type { AnswerRecord } from '../../core/router/index.ts'

/** The one file that knows the bytes of DNS (RFC 1035, RFC 6891), by the package dns-packet. */
export type Query = DecodedPacket

const UDP_BYTES_LEAST = 512
/** Larger answers are cut in pieces on the way, and lost with any of them. */
const UDP_BYTES_MOST = 1232
const STALE_ANSWER = Buffer.from([0, 3])
const EXTENDED_ERROR = 15
const HEADER_BYTES = 12
/** Type, class, time and length. */
const RECORD_BYTES = 10
const POINTER = 0xc0
const OPT = 41

export const RCODE = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
} as const

export interface Reply {
  readonly rcode: number
  readonly answers: readonly AnswerRecord[]
  readonly ttlSeconds: number
  readonly isStale: boolean
}

/** Undefined for what is no query: such bytes are not answered at all. */
export function decodeQuery(bytes: Buffer): Query | undefined {
  try {
    const packet = dnsPacket.decode(bytes)
    return packet.type === 'query' ? packet : undefined
  } catch {
    return undefined
  }
}

/** `most`: bytes that the way back carries; beyond them the client is told to ask over TCP. */
export function encodeReply(query: Query, reply: Reply, most: number): Buffer {
  const whole = encode(query, reply, false)
  if (whole.length <= most) return whole
  return encode(query, { ...reply, answers: [] }, true)
}

export function udpBytesFor(query: Query): number {
  const optional = query.additionals?.find(record => record.type === 'OPT')
  const wanted = optional?.type === 'OPT' ? optional.udpPayloadSize : UDP_BYTES_LEAST
  return Math.min(Math.max(wanted, UDP_BYTES_LEAST), UDP_BYTES_MOST)
}

/** The least TTL among the answers of an upstream's reply, in seconds; undefined when it is not to be kept. */
export function lifeOf(bytes: Buffer): number | undefined {
  const packet = decodeReply(bytes)
  if (packet === undefined || packet.flag_tc) return undefined
  const rcode = bytes.readUInt16BE(2) & 15
  if (rcode !== RCODE.noError && rcode !== RCODE.nameError) return undefined
  const records = [...(packet.answers ?? []), ...(packet.authorities ?? [])]
  const times = records.flatMap(record => ('ttl' in record && typeof record.ttl === 'number' ? [record.ttl] : []))
  return times.length === 0 ? undefined : Math.min(...times)
}

/** A copy of an upstream's reply whose records have so many seconds less to live (RFC 2181, section 8). The reply has been decoded before. */
export function aged(bytes: Buffer, seconds: number): Buffer {
  const copy = Buffer.from(bytes)
  const count = (at: number) => copy.readUInt16BE(at)
  let at = HEADER_BYTES
  for (let left = count(4); left > 0; left--) at = endOfName(copy, at) + 4
  for (let left = count(6) + count(8) + count(10); left > 0; left--) {
    at = endOfName(copy, at)
    // Where others have their time, OPT has flags.
    if (count(at) !== OPT) copy.writeUInt32BE(Math.max(0, copy.readUInt32BE(at + 4) - seconds), at + 4)
    at += RECORD_BYTES + count(at + 8)
  }
  return copy
}

/** RFC 1035, section 4.1.4: labels until an empty one, or until a pointer. */
function endOfName(bytes: Buffer, from: number): number {
  let at = from
  for (let length = bytes.readUInt8(at); length > 0; length = bytes.readUInt8(at)) {
    if (length >= POINTER) return at + 2
    at += 1 + length
  }
  return at + 1
}

function decodeReply(bytes: Buffer): DecodedPacket | undefined {
  try {
    return dnsPacket.decode(bytes)
  } catch {
    return undefined
  }
}

function encode(query: Query, { rcode, answers, ttlSeconds, isStale }: Reply, isCut: boolean): Buffer {
  const recursion = (query.flags ?? 0) & dnsPacket.RECURSION_DESIRED
  const flags = recursion | dnsPacket.RECURSION_AVAILABLE | dnsPacket.AUTHORITATIVE_ANSWER | rcode
  const hasOptions = query.additionals?.some(record => record.type === 'OPT') === true
  const options = isStale ? [{ code: EXTENDED_ERROR, data: STALE_ANSWER }] : []
  return dnsPacket.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: isCut ? flags | dnsPacket.TRUNCATED_RESPONSE : flags,
    questions: query.questions ?? [],
    answers: answers.map(record => ({ ...record, class: 'IN', ttl: ttlSeconds }) as Answer),
    additionals: hasOptions ? [optional(options)] : [],
  })
}

function optional(options: readonly { readonly code: number; readonly data: Buffer }[]): Answer {
  const record = { type: 'OPT', name: '.', udpPayloadSize: UDP_BYTES_MOST, extendedRcode: 0, ednsVersion: 0 }
  return { ...record, flags: 0, flag_do: false, options } as unknown as Answer
}
