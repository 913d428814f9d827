import fc from 'fast-check'
import {
  decodeMessage,
  encodeMessage,
  type LinkMessage,
  MESSAGE_BYTES_MAX,
} from '../../../../src/core/wire/link-message.ts'
import { MessageStream } from '../../../../src/core/wire/message-stream.ts'
import { underlayIp } from './underlay-ip.ts'

const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const blob = fc.uint8Array({ maxLength: 300 })
const record = fc.record({ topic: fc.integer({ min: 0, max: 255 }), bytes: blob })
const kind = <T extends LinkMessage['kind']>(value: T) => fc.constant(value)
const message: fc.Arbitrary<LinkMessage> = fc.oneof(
  fc.record({
    kind: kind('hello'),
    protocolMin: u16,
    protocolMax: u16,
    bootId: u64,
    manifestVersion: u64,
    record: blob,
  }),
  fc.record({ kind: kind('records'), records: fc.array(record, { maxLength: 10 }) }),
  fc.record({ kind: kind('manifest'), text: fc.string(), signature: fc.uint8Array({ minLength: 64, maxLength: 64 }) }),
  fc.record({ kind: kind('heartbeat'), sequence: u32 }),
  fc.record({
    kind: kind('digest'),
    buckets: u64,
    wantsDigest: fc.boolean(),
    entries: fc.array(fc.record({ shortId: u16, topic: fc.integer({ min: 0, max: 255 }), bootId: u64, version: u64 }), {
      maxLength: 9,
    }),
  }),
  fc.record({ kind: kind('summary'), hash: fc.uint8Array({ minLength: 8, maxLength: 8 }) }),
  fc.record({ kind: kind('buckets'), hashes: fc.uint32Array({ minLength: 64, maxLength: 64 }) }),
  fc.record({
    kind: kind('observed'),
    endpoint: fc.record({ ip: underlayIp, port: u16 }),
  }),
  fc.record({
    kind: kind('punch'),
    hopsLeft: fc.integer({ min: 0, max: 255 }),
    punch: fc.uint8Array({ maxLength: 130 }),
  }),
  fc.record({ kind: kind('datagrams'), datagramBytes: fc.nat(0xffff), bytes: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ kind: kind('clock'), clockMs: u64 }),
  fc.record({ kind: kind('goodbye'), reason: fc.string({ maxLength: 60 }) }),
)

describe('a link message', () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(message, value =>
        expect(decodeMessage(encodeMessage(value).subarray(4))).toEqual({ ok: true, value }),
      ),
    )
  })

  it('is refused, not thrown at, when bytes are random', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), bytes => typeof decodeMessage(bytes).ok === 'boolean'))
  })

  it('of an end with a reason that is not one line is refused', () => {
    const bytes = encodeMessage({ kind: 'goodbye', reason: 'a\u001b[2J' }).subarray(4)
    expect(decodeMessage(bytes)).toEqual({ ok: false, error: 'text with control characters' })
  })

  it('of an unknown kind is refused', () => {
    expect(decodeMessage(Uint8Array.of(99))).toEqual({ ok: false, error: 'a message of an unknown kind' })
  })
})

describe('the stream of a link', () => {
  it('yields the same messages wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (all, cuts) => {
          const bytes = Buffer.concat(all.map(encodeMessage))
          const stream = new MessageStream()
          const heard: LinkMessage[] = []
          let at = 0
          for (let i = 0; at < bytes.length; i++) {
            const end = at + cuts[i % cuts.length]!
            const result = stream.push(bytes.subarray(at, end))
            at = end
            if (result.ok) heard.push(...result.value)
          }
          expect(heard).toEqual(all)
        },
      ),
    )
  })

  it('cuts a large piece into its many messages, and keeps what is left of it', () => {
    const all = Array.from({ length: 5_000 }, (_, sequence): LinkMessage => ({ kind: 'heartbeat', sequence }))
    const bytes = Buffer.concat(all.map(encodeMessage))
    const stream = new MessageStream()
    const first = stream.push(bytes.subarray(0, -3))
    const last = stream.push(bytes.subarray(-3))
    expect([first, last]).toEqual([
      { ok: true, value: all.slice(0, -1) },
      { ok: true, value: all.slice(-1) },
    ])
  })

  it('holds a large message in few pieces, however small those are that it comes in', () => {
    const text = 'm'.repeat(300_000)
    const bytes = encodeMessage({ kind: 'manifest', text, signature: new Uint8Array(64) })
    const stream = new MessageStream()
    stream.push(encodeMessage({ kind: 'heartbeat', sequence: 1 }))
    let most = 0
    for (const byte of bytes.subarray(0, -1)) {
      stream.push(Uint8Array.of(byte))
      most = Math.max(most, stream.pieces)
    }
    expect(most).toBeLessThan(40)
    expect(stream.push(bytes.subarray(-1))).toMatchObject({ ok: true, value: [{ text }] })
    expect(stream.pieces).toBe(0)
  })

  it('takes no first message that is longer than a hello may be, and longer ones later', () => {
    const long = encodeMessage({ kind: 'records', records: [{ topic: 6, bytes: new Uint8Array(60_000) }] })
    const longer = encodeMessage({
      kind: 'records',
      records: [6, 7].map(topic => ({ topic, bytes: new Uint8Array(60_000) })),
    })
    expect(new MessageStream().push(longer.subarray(0, 4)).ok).toBe(false)
    const stream = new MessageStream()
    expect([long, longer].map(bytes => stream.push(bytes).ok)).toEqual([true, true])
    const ends = { protocolMin: 1, protocolMax: 2, bootId: 1n, manifestVersion: 1n }
    const hello = encodeMessage({ kind: 'hello', ...ends, record: new Uint8Array(65_535) })
    expect(new MessageStream().push(hello).ok).toBe(true)
  })

  it('refuses a message larger than any may be before holding it', () => {
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, MESSAGE_BYTES_MAX + 1)
    expect(new MessageStream().push(length).ok).toBe(false)
    expect(new MessageStream().push(new Uint8Array(4)).ok).toBe(false)
  })
})
