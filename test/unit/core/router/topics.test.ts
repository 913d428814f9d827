import { recordKey } from '../../../../src/core/gossip/record-store.ts'
import { Topic } from '../../../../src/core/wire/topic.ts'
import { TOPIC_BODY_BYTES_MAX } from '../../../../src/core/wire/topic-record.ts'
import { startPair, tellAll } from './gossip-pair.ts'

const body = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : new TextDecoder().decode(bytes))

describe('topics', () => {
  it('bring a body to those who listen, once for each change', () => {
    const { start } = startPair()
    const [a, b] = [start(1), start(2)]
    const heard: (string | undefined)[] = []
    b.topics.listen(Topic.names, (peer, bytes) => heard.push(`${peer} ${text(bytes)}`))
    a.topics.publish(Topic.names, body('one'))
    a.topics.flush(0)
    expect(tellAll(a, b)).toEqual(['merged'])
    expect(tellAll(a, b)).toEqual(['known'])
    a.topics.publish(Topic.names, body('two'))
    a.topics.flush(0)
    tellAll(a, b)
    expect(heard).toEqual(['1 one', '1 two'])
    expect(text(b.topics.bodyOf(1, Topic.names))).toBe('two')
    expect(b.topics.peersWith(Topic.names)).toEqual([1])
    expect(b.topics.bodyOf(1, Topic.addresses)).toBeUndefined()
  })

  it('keep topics apart', () => {
    const { start } = startPair()
    const [a, b] = [start(1), start(2)]
    a.topics.publish(Topic.names, body('names'))
    a.topics.publish(Topic.addresses, body('addresses'))
    expect(a.topics.flush(0)).toHaveLength(2)
    tellAll(a, b)
    expect(text(b.topics.bodyOf(1, Topic.names))).toBe('names')
    expect(text(b.topics.bodyOf(1, Topic.addresses))).toBe('addresses')
  })

  it('have nothing to tell when the body is the same', () => {
    const { flushes, topics } = startPair().start(1)
    topics.publish(Topic.names, body('same'))
    expect(topics.flush(0)).toHaveLength(1)
    topics.publish(Topic.names, body('same'))
    expect(topics.flush(0)).toEqual([])
    expect(flushes).toHaveLength(1)
  })

  it('wait with what would be more than others take, and then tell the latest', () => {
    const { announcements, topics } = startPair().start(1)
    let told = 0
    for (let i = 0; i < 100; i++) {
      topics.publish(Topic.names, new Uint8Array(TOPIC_BODY_BYTES_MAX).fill(i))
      told += topics.flush(0).length
    }
    expect(told).toBe(4)
    expect(topics.heldUntil).toBeGreaterThan(0)
    expect(topics.flush(topics.heldUntil - 1)).toEqual([])
    expect(topics.flush(topics.heldUntil)).toEqual([recordKey({ shortId: 1, topic: Topic.names })])
    expect(announcements.bodyOf(1, Topic.names)?.[0]).toBe(99)
    expect(topics.heldUntil).toBe(Number.POSITIVE_INFINITY)
  })

  it('wait in turn: one that changes all the time holds up no other', () => {
    const { topics } = startPair().start(1)
    const told: number[] = []
    for (let now = 0; now < 20_000; now += 10) {
      topics.publish(Topic.names, new Uint8Array(TOPIC_BODY_BYTES_MAX).fill((now / 10) % 251))
      if (now === 10_000) topics.publish(Topic.addresses, body('a wish'))
      told.push(...topics.flush(now).map(key => (key === recordKey({ shortId: 1, topic: Topic.names }) ? 1 : now)))
    }
    expect(told.filter(one => one !== 1)).toEqual([expect.any(Number)])
    expect(Math.max(...told)).toBeLessThan(14_500)
  })

  it('refuse what its peer did not sign, and what is signed for another topic', () => {
    const { start } = startPair()
    const [a, b] = [start(1), start(2)]
    a.topics.publish(Topic.names, body('names'))
    a.topics.flush(0)
    const [record] = a.announcements.store.all()
    const bytes = record?.bytes.slice() ?? new Uint8Array(0)
    expect(b.announcements.accept({ topic: Topic.addresses, bytes })).toEqual({
      ok: false,
      error: 'a record of another topic',
    })
    const moved = bytes.slice()
    moved[2] = Topic.addresses
    const unsigned = { ok: false, error: 'a record that its peer did not sign' }
    expect(b.announcements.accept({ topic: Topic.addresses, bytes: moved })).toEqual(unsigned)
    bytes[bytes.length - 70] = 0
    expect(b.announcements.accept({ topic: Topic.names, bytes })).toEqual(unsigned)
  })

  it('say that a peer is gone when it is a member no more', () => {
    const { start } = startPair()
    const [a, b] = [start(1), start(2)]
    const heard: unknown[] = []
    a.topics.publish(Topic.names, body('one'))
    a.topics.flush(0)
    tellAll(a, b)
    b.topics.listen(Topic.names, (peer, bytes) => heard.push([peer, bytes]))
    b.topics.forgotten(1, b.announcements.forget(1))
    expect(heard).toEqual([[1, undefined]])
    expect(b.topics.bodyOf(1, Topic.names)).toBeUndefined()
  })

  it('outdo a record of an earlier boot with a faster clock, with an empty body if there is no other', () => {
    const { start } = startPair()
    const [before, b, after] = [start(1, 9n), start(2), start(1, 3n)]
    before.topics.publish(Topic.names, body('stale'))
    before.topics.publish(Topic.addresses, body('stale'))
    before.topics.flush(0)
    tellAll(before, b)
    after.topics.publish(Topic.names, body('fresh'))
    after.topics.flush(0)
    expect(tellAll(after, b)).toEqual(['known'])
    expect(tellAll(b, after)).toEqual(['own', 'own'])
    after.topics.flush(0)
    expect(tellAll(after, b)).toEqual(['merged', 'merged'])
    expect(text(b.topics.bodyOf(1, Topic.names))).toBe('fresh')
    expect(text(b.topics.bodyOf(1, Topic.addresses))).toBe('')
  })

  it('take up a record that was kept, and tell it on', () => {
    const { start } = startPair()
    const [a, before, after] = [start(1), start(2), start(2, 2n)]
    a.topics.publish(Topic.addresses, body('kept'))
    a.topics.flush(0)
    tellAll(a, before)
    const kept = before.topics.recordOf(1, Topic.addresses)
    const heard: (string | undefined)[] = []
    after.topics.listen(Topic.addresses, (peer, bytes) => heard.push(`${peer} ${text(bytes)}`))
    expect(after.topics.recall(Topic.addresses, kept ?? new Uint8Array(0)).ok).toBe(true)
    expect(heard).toEqual(['1 kept'])
    expect(after.flushes).toHaveLength(1)
    expect(after.topics.flush(0)).toEqual([recordKey({ shortId: 1, topic: Topic.addresses })])
    expect(after.topics.flush(0)).toEqual([])
  })

  it('take up no record that was kept where a later one is known, and none that its peer did not sign', () => {
    const { start } = startPair()
    const [a, b] = [start(1), start(2)]
    a.topics.publish(Topic.addresses, body('kept'))
    a.topics.flush(0)
    const kept = a.topics.recordOf(1, Topic.addresses)?.slice() ?? new Uint8Array(0)
    a.topics.publish(Topic.addresses, body('later'))
    a.topics.flush(0)
    tellAll(a, b)
    expect(b.topics.recall(Topic.addresses, kept).ok).toBe(true)
    expect(text(b.topics.bodyOf(1, Topic.addresses))).toBe('later')
    expect(b.topics.flush(0)).toEqual([])
    kept[kept.length - 1] = 255 - (kept.at(-1) ?? 0)
    const fresh = start(2, 2n)
    expect(fresh.topics.recall(Topic.addresses, kept)).toEqual({
      ok: false,
      error: 'a record that its peer did not sign',
    })
    expect(fresh.topics.recall(Topic.addresses, new Uint8Array(3)).ok).toBe(false)
    expect(fresh.topics.bodyOf(1, Topic.addresses)).toBeUndefined()
  })

  it('are bounded in size', () => {
    const { topics } = startPair().start(1)
    topics.publish(Topic.names, new Uint8Array(TOPIC_BODY_BYTES_MAX))
    expect(() => topics.publish(Topic.names, new Uint8Array(TOPIC_BODY_BYTES_MAX + 1))).toThrow('below the limit')
    expect(() => topics.publish(Topic.peer, new Uint8Array(1))).toThrow('a topic of its own')
  })
})
