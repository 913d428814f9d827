import fc from 'fast-check'
import { WAIT_MS_MAX, WAITING_MAX } from '../../../../src/core/forwarding/part-table.ts'
import { type FrameShape, plainShape, Segmentation } from '../../../../src/core/router/index.ts'
import { type Burst, burst, frameOf, layoutOf, naiveSum, pseudoSum } from './frame-factory.ts'
import { A, B, pair, sample, station } from './path-stations.ts'

describe('a frame that is larger than the path', () => {
  it('goes in parts that fit, and is the same at the far end, in whatever order they come', () => {
    const sizes = fc.integer({ min: 500, max: 9_000 })
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 60, maxLength: 9_000 }), sizes, fc.nat(), (payload, size, seed) => {
        const { a, b } = pair(size)
        const frame = rawFrame(payload)
        const sent = a.capture(frame)
        expect(sent.every(({ length }) => length <= size)).toBe(true)
        const order = [...sent.keys()].sort((x, y) => ((x * 31 + seed) % 7) - ((y * 31 + seed) % 7))
        expect(order.flatMap(i => b.receive(sent[i]!)).map(({ bytes }) => Buffer.from(bytes))).toEqual([frame])
      }),
    )
  })

  it('is given up when a part is lost, and costs no other frame', () => {
    const { a, b } = pair(700)
    const [first, , last] = a.capture(rawFrame(new Uint8Array(1_500)))
    expect([b.receive(first!), b.receive(last!)]).toEqual([[], []])
    expect(b.receive(a.capture(rawFrame(new Uint8Array(80)))[0]!)).toHaveLength(1)
    for (let i = 0; i < WAITING_MAX; i++) b.receive(a.capture(rawFrame(new Uint8Array(1_500)))[0]!)
    expect(b.forwarder.counters).toMatchObject({ droppedIncomplete: 1, joinedFromParts: 0 })
  })

  it('is not joined with parts that come much too late', () => {
    const { a, b } = pair(700)
    const [first, ...others] = a.capture(rawFrame(new Uint8Array(1_000)))
    b.receive(first!, 0)
    expect(others.flatMap(part => b.receive(part, WAIT_MS_MAX + 1))).toEqual([])
    expect(b.forwarder.counters.droppedIncomplete).toBe(1)
  })

  it('is left to the network while nothing is known of the path, and again when that is forgotten', () => {
    const { a } = pair(undefined)
    expect(a.capture(rawFrame(new Uint8Array(3_000)))).toHaveLength(1)
    a.forwarder.resizePath(2, 1_000)
    expect(a.capture(rawFrame(new Uint8Array(3_000)))).toHaveLength(4)
    a.forwarder.resizePath(2, undefined)
    expect(a.capture(rawFrame(new Uint8Array(3_000)))).toHaveLength(1)
  })
})

describe('a stream', () => {
  it('arrives as it was sent over a path of any size, each piece valid, none larger than the path', () => {
    fc.assert(
      fc.property(burst, fc.integer({ min: 400, max: 9_000 }), fc.boolean(), (one, size, joins) => {
        const { a, b } = pair(size, joins)
        const sent = a.capture(frameOf(one), shapeOf(one))
        expect(sent.every(({ length }) => length <= size)).toBe(true)
        const frames = sent.flatMap(datagram => b.receive(datagram))
        const { headerBytes } = layoutOf(one)
        const payload = Buffer.concat(frames.map(({ bytes }) => bytes.subarray(headerBytes)))
        expect(payload.equals(Buffer.from(one.payload))).toBe(true)
        for (const { bytes, shape } of frames) expectWhole(one, bytes, shape, joins)
      }),
    )
  })

  it('goes in datagrams of several segments over a path that takes larger ones, which come joined as they left', () => {
    const one = { ...sample(), isUdp: false, isIpv6: false, payload: new Uint8Array(26_720), segmentBytes: 1_336 }
    const { a, b } = pair(8_972)
    const sent = a.capture(frameOf(one), shapeOf(one))
    expect(sent).toHaveLength(4)
    const [joined, ...more] = b.receiveAll(sent)
    expect(more).toEqual([])
    expect(Buffer.from(joined!.bytes).equals(frameOf(one))).toBe(true)
    expect(joined!.shape).toEqual(shapeOf(one))
  })

  it('is cut into smaller segments where the container’s are too large, without a part or an answer', () => {
    const one = { ...sample(), isUdp: false, isIpv6: false, payload: new Uint8Array(1_336), segmentBytes: 1_336 }
    const { a } = pair(1_252)
    const single = { ...shapeOf(one), segmentation: 0, segmentBytes: 0, headerBytes: 0 }
    expect(a.capture(frameOf(one), single)).toHaveLength(2)
    expect(a.forwarder.counters).toMatchObject({ cutSmaller: 1, sentInParts: 0, toldTooBig: 0 })
  })
})

describe('probes that measure', () => {
  it('are as large as they say, and answered by the other end, shortly', () => {
    const { a, b } = pair(undefined)
    a.forwarder.probes.send(
      2,
      { to: a.forwarder.keys.of(B!.endpoint), probe: { sequence: 7, isReply: false, datagramBytes: 1_472 } },
      0,
    )
    const [sent] = a.taken()
    expect(sent).toHaveLength(1_472)
    b.receive(sent!)
    expect(b.probed).toEqual([])
    const [answer] = b.taken()
    expect(answer!.length).toBeLessThan(64)
    a.receive(answer!)
    expect(a.probed).toEqual([{ sequence: 7, isReply: true, datagramBytes: answer!.length }])
  })

  it('are passed on as they are, never in a run with frames', () => {
    const { a } = pair(undefined)
    const relay = station({
      self: 9,
      peers: [{ shortId: 2, nextHop: 2, opening: [] }],
      neighbours: [A!, B!],
    })
    a.forwarder.probes.send(
      2,
      { to: a.forwarder.keys.of(B!.endpoint), probe: { sequence: 7, isReply: false, datagramBytes: 1_200 } },
      0,
    )
    relay.receive(a.taken()[0]!)
    expect(relay.whole).toEqual([1_200])
  })
})

it('the router hears of large datagrams once in ten seconds', () => {
  const { a } = pair(1_472)
  for (const now of [0, 1, 9_999, 10_000, 10_001]) a.capture(rawFrame(new Uint8Array(1_300)), plainShape(), now)
  expect(a.filled).toEqual([2, 2])
})

/** Not of IP. */
function rawFrame(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('02000000000202000000000188b5', 'hex'), payload])
}

function shapeOf(one: Burst): FrameShape {
  const { transport, headerBytes } = layoutOf(one)
  const ofTcp = one.isIpv6 ? Segmentation.tcp6 : Segmentation.tcp4
  const segmentation = one.isUdp ? Segmentation.udp : ofTcp
  const checksumOffset = one.isUdp ? 6 : 16
  return { checksumStart: transport, checksumOffset, segmentation, segmentBytes: one.segmentBytes, headerBytes }
}

/** Lengths and partial checksum are right, and it is to be cut only for a port that takes it so. */
function expectWhole(one: Burst, bytes: Uint8Array, shape: FrameShape, joins: boolean): void {
  const { network, transport } = layoutOf(one)
  const frame = Buffer.from(bytes)
  expect(frame.readUInt16BE(network + (one.isIpv6 ? 4 : 2))).toBe(frame.length - (one.isIpv6 ? transport : network))
  if (!one.isIpv6) expect(naiveSum(frame.subarray(network, transport))).toBe(0xffff)
  const field = frame.readUInt16BE(transport + (one.isUdp ? 6 : 16))
  expect(field % 0xffff).toBe(pseudoSum(frame, network, transport) % 0xffff)
  expect(shape.checksumStart).toBe(transport)
  if (!joins) expect(shape.segmentation).toBe(Segmentation.none)
}
