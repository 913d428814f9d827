import { type Result, refused } from '../../base/result.ts'
import { type RecordedLink, SIGNATURE_BYTES } from '../wire/peer-record.ts'
import { contextOf, TOPICS_MAX } from '../wire/topic.ts'
import { decodeTopicRecord, type TopicRecord } from '../wire/topic-record.ts'

const CONTEXTS: readonly Uint8Array[] = Array.from({ length: TOPICS_MAX }, (_, topic) => encodedContext(topic))

/** What a record's signature covers. */
export function signedText(topic: number, encoded: Uint8Array): Uint8Array {
  return concat(CONTEXTS[topic] ?? encodedContext(topic), encoded)
}

function encodedContext(topic: number): Uint8Array {
  return new TextEncoder().encode(contextOf(topic))
}

export function withoutSignature(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
}

/** `bytes`: with the signature, which is not looked at. */
export function decodeTopic(topic: number, bytes: Uint8Array): Result<TopicRecord> {
  if (bytes.length < SIGNATURE_BYTES) return refused('a record of a wrong size')
  const decoded = decodeTopicRecord(withoutSignature(bytes))
  return decoded.ok && decoded.value.topic !== topic ? refused('a record of another topic') : decoded
}

export function isSameList(a: readonly RecordedLink[], b: readonly RecordedLink[]): boolean {
  return a.length === b.length && a.every((link, i) => isSameLink(link, b[i]))
}

export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}

function isSameLink(a: RecordedLink, b: RecordedLink | undefined): boolean {
  return (
    a.shortId === b?.shortId &&
    a.isOutbound === b.isOutbound &&
    a.isEstablished === b.isEstablished &&
    a.cost === b.cost &&
    a.remote.ip === b.remote.ip &&
    a.remote.port === b.remote.port
  )
}
