import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import type { Endpoint } from '../../base/endpoint.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { ENDPOINT_BYTES_MAX, readEndpoint, writeEndpoint } from './address.ts'

/** Where a router can perhaps be reached, told to one other router: both then send probes to each other at the same time. */
export interface Punch {
  readonly source: number
  readonly destination: number
  /** Of the source: with `sequence` it orders what the source says, so that an old punch is known as such. */
  readonly bootId: bigint
  readonly sequence: number
  /** Answers a punch, and wants no answer. */
  readonly isReply: boolean
  /** The source's NAT shows another port to each peer. */
  readonly isSymmetric: boolean
  /** At most 8. */
  readonly candidates: readonly Endpoint[]
}

export const PUNCH_CONTEXT = 'weave punch v1'
export const CANDIDATES_MAX = 8
const SIGNATURE_BYTES = 64
const REPLY = 1
const SYMMETRIC = 2
/** With all its candidates and the signature. */
export const PUNCH_BYTES_MAX = 18 + CANDIDATES_MAX * ENDPOINT_BYTES_MAX + SIGNATURE_BYTES

/** The signed part, without the signature that follows it on the wire. */
export function encodePunch(punch: Punch): Uint8Array {
  const writer = new ByteWriter().u16(punch.source).u16(punch.destination).u64(punch.bootId).u32(punch.sequence)
  writer.u8((punch.isReply ? REPLY : 0) | (punch.isSymmetric ? SYMMETRIC : 0))
  const candidates = punch.candidates.slice(0, CANDIDATES_MAX)
  writer.u8(candidates.length)
  for (const candidate of candidates) writeEndpoint(writer, candidate)
  return writer.finish()
}

export function decodePunch(bytes: Uint8Array): Result<Punch> {
  const reader = new ByteReader(bytes)
  const [source, destination, bootId, sequence] = [reader.u16(), reader.u16(), reader.u64(), reader.u32()]
  const [flags, count] = [reader.u8(), reader.u8()]
  const candidates = Array.from({ length: Math.min(count, CANDIDATES_MAX + 1) }, () => readEndpoint(reader))
  const failure = reader.end()
  if (failure !== undefined) return refused(failure)
  if (count > CANDIDATES_MAX || flags > (REPLY | SYMMETRIC)) return refused('a punch with fields out of range')
  const [isReply, isSymmetric] = [(flags & REPLY) !== 0, (flags & SYMMETRIC) !== 0]
  return ok({ source, destination, bootId, sequence, isReply, isSymmetric, candidates })
}
