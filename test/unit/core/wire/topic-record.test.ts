import fc from 'fast-check'
import { contextOf, TOPICS_MAX } from '../../../../src/core/wire/topic.ts'
import {
  decodeTopicRecord,
  encodeTopicRecord,
  TOPIC_BODY_BYTES_MAX,
  type TopicRecord,
} from '../../../../src/core/wire/topic-record.ts'

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const record: fc.Arbitrary<TopicRecord> = fc.record({
  shortId: fc.integer({ min: 0, max: 0xffff }),
  topic: fc.integer({ min: 1, max: TOPICS_MAX - 1 }),
  bootId: u64,
  version: u64,
  body: fc.uint8Array({ maxLength: 300 }),
})

describe('a record of a topic', () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(record, value => expect(decodeTopicRecord(encodeTopicRecord(value))).toEqual({ ok: true, value })),
    )
  })

  it('is refused, not thrown at, when bytes are random', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 99 }), bytes => typeof decodeTopicRecord(bytes).ok === 'boolean'))
  })

  it('is refused when its body is too long', () => {
    const head = { shortId: 1, topic: 1, bootId: 1n, version: 1n }
    const longest = encodeTopicRecord({ ...head, body: new Uint8Array(TOPIC_BODY_BYTES_MAX) })
    expect(decodeTopicRecord(longest).ok).toBe(true)
    expect(decodeTopicRecord(Uint8Array.from([...longest, 0])).ok).toBe(false)
  })

  it('is refused when there is no such topic, or it is the one of the peer', () => {
    for (const topic of [0, TOPICS_MAX]) {
      const bytes = encodeTopicRecord({ shortId: 1, topic, bootId: 1n, version: 1n, body: new Uint8Array(0) })
      expect(decodeTopicRecord(bytes)).toEqual({ ok: false, error: 'a record of no topic' })
    }
  })

  it('is signed under a text that no other topic has', () => {
    const contexts = Array.from({ length: TOPICS_MAX }, (_, topic) => contextOf(topic))
    expect(new Set(contexts).size).toBe(TOPICS_MAX)
  })
})
