import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { TOPICS_MAX } from './topic.ts'

/** A peer's record of any topic but that of the peer itself. */
export interface TopicRecord {
  readonly shortId: number
  /** 1 to 7. */
  readonly topic: number
  /** Larger at each start of the router. */
  readonly bootId: bigint
  /** Larger at each change within one boot. */
  readonly version: bigint
  /** Opaque to gossip; at most `TOPIC_BODY_BYTES_MAX`. */
  readonly body: Uint8Array
}

export const TOPIC_BODY_BYTES_MAX = 60 * 1024
const HEADER_BYTES = 19
export const TOPIC_RECORD_BYTES_MAX = HEADER_BYTES + TOPIC_BODY_BYTES_MAX

/** The signed part, without the signature that follows it on the wire. */
export function encodeTopicRecord(record: TopicRecord): Uint8Array {
  const writer = new ByteWriter().u16(record.shortId).u8(record.topic).u64(record.bootId).u64(record.version)
  return writer.bytes(record.body).finish()
}

export function decodeTopicRecord(bytes: Uint8Array): Result<TopicRecord> {
  if (bytes.length > TOPIC_RECORD_BYTES_MAX) return refused('a record that is too long')
  const reader = new ByteReader(bytes)
  const head = { shortId: reader.u16(), topic: reader.u8(), bootId: reader.u64(), version: reader.u64() }
  const body = reader.bytes(reader.remaining)
  const failure = reader.end()
  if (failure !== undefined) return refused(failure)
  if (head.topic === 0 || head.topic >= TOPICS_MAX) return refused('a record of no topic')
  return ok({ ...head, body })
}
