import fc from 'fast-check'
import { completeChecksum } from '../../../../src/core/forwarding/checksum.ts'
import { Coalescer } from '../../../../src/core/forwarding/coalescer.ts'
import { type FrameShape, plainShape, Segmentation } from '../../../../src/core/forwarding/frame-shape.ts'
import { networkStart } from '../../../../src/core/forwarding/packet-headers.ts'
import { CAPTURE_AT, MEMORY_BYTES, RECEIVE_AT } from '../../../../src/core/forwarding/packet-memory.ts'
import { Segmenter } from '../../../../src/core/forwarding/segmenter.ts'
import { type Burst, burst, frameOf, layoutOf, naiveSum, pseudoSum } from './frame-factory.ts'

interface Frame {
  readonly bytes: Uint8Array
  readonly shape: FrameShape
}

describe('cutting', () => {
  it('makes frames that are each valid, and hold the payload in order', () => {
    fc.assert(
      fc.property(burst, one => {
        const segments = cut(wholeOf(one))
        const { headerBytes } = layoutOf(one)
        for (const segment of segments) expectValid(one, segment.bytes)
        expect(Buffer.concat(segments.map(({ bytes }) => bytes.subarray(headerBytes)))).toEqual(
          Buffer.from(one.payload),
        )
        expect(segments.length).toBe(Math.ceil(one.payload.length / one.segmentBytes))
      }),
    )
  })

  it('counts sequence and identification up; FIN and PSH are for the last segment, CWR for the first', () => {
    fc.assert(
      fc.property(burst, one => {
        const stream = { ...one, isUdp: false, isIpv6: false, flags: 0x99 }
        const { network, transport } = layoutOf(stream)
        const segments = cut(wholeOf(stream)).map(({ bytes }) => Buffer.from(bytes))
        for (const [i, bytes] of segments.entries()) {
          expect(bytes.readUInt16BE(network + 4)).toBe((stream.identification + i) & 0xffff)
          expect(bytes.readUInt32BE(transport + 4)).toBe((stream.sequence + i * stream.segmentBytes) % 2 ** 32)
          const ofLast = i === segments.length - 1 ? 0x09 : 0
          expect(bytes[transport + 13]).toBe(0x10 | ofLast | (i === 0 ? 0x80 : 0))
        }
      }),
    )
  })

  it('refuses or cuts any bytes, whatever they are said to be', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 14, maxLength: 300 }), anyShape(), (bytes, shape) => {
        const segments = cut({ bytes, shape: { ...shape, segmentBytes: Math.max(20, shape.segmentBytes) } })
        expect(segments.length).toBeLessThan(300)
      }),
    )
  })
})

describe('joining', () => {
  it('gives back what was cut', () => {
    fc.assert(
      fc.property(burst, one => {
        const whole = wholeOf(one)
        const joined = join(cut(whole))
        expect(joined).toHaveLength(1)
        expect(Buffer.from(joined[0]!.bytes).equals(whole.bytes)).toBe(true)
        const isOne = one.payload.length <= one.segmentBytes
        expect(joined[0]!.shape).toEqual(isOne ? { ...plainShape(), ...placeOf(one) } : whole.shape)
      }),
    )
  })

  it('delivers every segment that came, in the order in which it came, whatever was lost or came late', () => {
    const bursts = fc.array(burst, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(bursts, fc.infiniteStream(fc.nat(99)), (all, chance) => {
        const next = () => chance.next().value as number
        const sent = all.flatMap(one => cut(wholeOf(one))).filter(() => next() >= 10)
        for (let i = 1; i < sent.length; i++) if (next() < 10) [sent[i - 1], sent[i]] = [sent[i]!, sent[i - 1]!]
        expect(textsOf(join(sent).flatMap(cutAgain))).toEqual(textsOf(sent))
      }),
    )
  })

  it('leaves alone what has its checksum, another flow, another acknowledgement, other options', () => {
    const one = { ...fc.sample(burst, 1)[0]!, isUdp: false, isIpv6: false, tags: 0, optionWords: 1, flags: 0x10 }
    const segments = cut(wholeOf({ ...one, payload: new Uint8Array(300), segmentBytes: 100 }))
    const { transport } = layoutOf(one)
    for (const at of [0, 5, 15, 22, 23, 26, transport, transport + 4, transport + 8, transport + 14, transport + 20]) {
      const spoilt = segments.map(({ bytes, shape }, i) => ({ shape, bytes: i === 1 ? changed(bytes, at) : bytes }))
      expect({ at, frames: join(spoilt).map(({ bytes }) => bytes.length) }).toEqual({ at, frames: Array(3).fill(158) })
    }
    const complete = segments.map(({ bytes }) => ({ bytes, shape: plainShape() }))
    expect(join(complete)).toHaveLength(3)
  })

  it('goes on from one run of datagrams to the next, whose memory is the same', () => {
    const runs = fc.array(fc.tuple(burst, fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(runs, all => {
        const sent = all.flatMap(([one]) => cut(wholeOf(one)))
        const joined = joinRuns(
          sent,
          all.map(([, frames]) => frames),
        )
        expect(textsOf(joined.flatMap(cutAgain))).toEqual(textsOf(sent))
        expect(joined.length).toBe(join(sent).length)
      }),
    )
  })

  it('joins flows of a kind only where the port takes them', () => {
    const [one] = fc.sample(burst, 1)
    const long = { ...one!, payload: new Uint8Array(500), segmentBytes: 100, flags: 0x10 }
    expect(join(cut(wholeOf({ ...long, isUdp: true })), { tcp: true, udp: false })).toHaveLength(5)
    expect(join(cut(wholeOf({ ...long, isUdp: false })), { tcp: false, udp: true })).toHaveLength(5)
  })

  it('stays within the length of an IP packet', () => {
    const [one] = fc.sample(burst, 1)
    const part = {
      ...one!,
      isUdp: false,
      flags: 0x10,
      payload: new Uint8Array(30_000),
      segmentBytes: 1000,
      sequence: 0,
    }
    const parts = [0, 30_000, 60_000].flatMap((sequence, i) =>
      cut(wholeOf({ ...part, sequence, identification: 30 * i })),
    )
    const joined = join(parts)
    for (const { bytes } of joined) expect(bytes.length - layoutOf(part).network).toBeLessThanOrEqual(65_535)
    expect(joined).toHaveLength(2)
  })

  it('takes any bytes', () => {
    const frames = fc.array(fc.record({ bytes: fc.uint8Array({ minLength: 14, maxLength: 120 }), shape: anyShape() }))
    fc.assert(
      fc.property(frames, all => {
        const plain = all.map(({ bytes, shape }) => ({ bytes, shape: { ...shape, segmentation: 0 } }))
        expect(join(plain).reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(
          plain.reduce((sum, { bytes }) => sum + bytes.length, 0),
        )
      }),
    )
  })
})

function wholeOf(one: Burst): Frame {
  const ofTcp = one.isIpv6 ? Segmentation.tcp6 : Segmentation.tcp4
  const segmentation = one.isUdp ? Segmentation.udp : ofTcp
  const { headerBytes } = layoutOf(one)
  return { bytes: frameOf(one), shape: { ...placeOf(one), segmentation, segmentBytes: one.segmentBytes, headerBytes } }
}

function placeOf(one: Burst) {
  return { checksumStart: layoutOf(one).transport, checksumOffset: one.isUdp ? 6 : 16 }
}

function cut({ bytes, shape }: Frame): Frame[] {
  const memory = new Uint8Array(MEMORY_BYTES)
  memory.set(bytes, CAPTURE_AT)
  const segmenter = new Segmenter(memory)
  const segments: Frame[] = []
  if (!segmenter.begin(CAPTURE_AT, bytes.length, shape)) return segments
  const { checksumStart, checksumOffset } = shape
  for (let length = segmenter.next(); length > 0; length = segmenter.next()) {
    segmenter.write(RECEIVE_AT)
    const shapeOfOne = { ...plainShape(), checksumStart, checksumOffset }
    segments.push({ bytes: memory.slice(RECEIVE_AT, RECEIVE_AT + length), shape: shapeOfOne })
  }
  return segments
}

function cutAgain(frame: Frame): Frame[] {
  return frame.shape.segmentation === Segmentation.none ? [frame] : cut(frame)
}

function join(frames: readonly Frame[], flows = { tcp: true, udp: true }): Frame[] {
  return joinRuns(frames, [frames.length], flows)
}

/** The frames stand in memory as those of runs do, each run in the place of the one before; `lengths` take turns. */
function joinRuns(frames: readonly Frame[], lengths: readonly number[], flows = { tcp: true, udp: true }): Frame[] {
  const memory = new Uint8Array(MEMORY_BYTES * 2)
  const joined: Frame[] = []
  const inject = (at: number, length: number, shape: FrameShape) =>
    joined.push({ bytes: memory.slice(at, at + length), shape: { ...shape } })
  const coalescer = new Coalescer(memory, flows, { inject })
  for (let first = 0, run = 0; first < frames.length; run++) {
    const count = lengths[run % lengths.length] ?? 1
    let at = MEMORY_BYTES
    memory.fill(0xee, at)
    for (const { bytes, shape } of frames.slice(first, first + count)) {
      memory.set(bytes, at)
      coalescer.add(at, bytes.length, shape)
      at += bytes.length + 40
    }
    coalescer.keep()
    first += count
  }
  coalescer.flush()
  return joined
}

function expectValid(one: Burst, bytes: Uint8Array): void {
  const { network, transport } = layoutOf(one)
  const frame = Buffer.from(bytes)
  const ip = frame.subarray(network, transport)
  expect(ip.readUInt16BE(one.isIpv6 ? 4 : 2)).toBe(frame.length - (one.isIpv6 ? transport : network))
  if (!one.isIpv6) expect(naiveSum(ip)).toBe(0xffff)
  if (one.isUdp) expect(frame.readUInt16BE(transport + 4)).toBe(frame.length - transport)
  completeChecksum(frame, 0, frame.length, placeOf(one))
  const sum = naiveSum(frame.subarray(transport), pseudoSum(frame, network, transport))
  expect(sum % 0xffff).toBe(0)
}

/** Without identification and checksum of IPv4: of packets that must not be fragmented, as these, they may change (RFC 6864). */
function textsOf(frames: readonly Frame[]): string[] {
  return frames.map(({ bytes }) => {
    const network = networkStart(bytes, 0)
    const isFree = (i: number) => (bytes[network] ?? 0) >> 4 === 4 && [4, 5, 10, 11].includes(i - network)
    return Buffer.from(bytes.map((byte, i) => (isFree(i) ? 0 : byte))).toString('hex')
  })
}

function changed(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 0x20 : byte))
}

function anyShape(): fc.Arbitrary<FrameShape> {
  return fc.record({
    checksumStart: fc.nat(80),
    checksumOffset: fc.constantFrom(6, 16, 0),
    segmentation: fc.constantFrom(0, 1, 4, 5, 7),
    segmentBytes: fc.nat(100),
    headerBytes: fc.nat(100),
  })
}
