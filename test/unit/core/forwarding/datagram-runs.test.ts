import fc from 'fast-check'
import { Coalescer } from '../../../../src/core/forwarding/coalescer.ts'
import {
  createNodeCipher,
  type DatagramCipher,
  EndpointKeys,
  Forwarder,
  type ForwardingTable,
  type FrameShape,
  MEMORY_BYTES,
  plainShape,
  RECEIVE_AT,
} from '../../../../src/core/router/index.ts'
import { DatagramKind, HEADER_BYTES, TAG_BYTES, writeHeader } from '../../../../src/core/wire/datagram.ts'
import { META_BYTES, writeMeta } from '../../../../src/core/wire/frame-meta.ts'
import { type Burst, burst, frameOf, layoutOf } from './frame-factory.ts'

const FROM = new EndpointKeys().of({ ip: '10.0.0.1', port: 6783 })
const KEY = { sourceKeyId: 3, destinationKeyId: 4, key: new Uint8Array(32).fill(1) }
const OTHER_KEY = { sourceKeyId: 3, destinationKeyId: 5, key: new Uint8Array(32).fill(2) }
const TABLE: ForwardingTable = {
  self: 2,
  peers: [
    { shortId: 1, nextHop: 1, opening: [KEY, OTHER_KEY] },
    { shortId: 3, nextHop: 3, opening: [KEY] },
  ],
  neighbours: [
    { shortId: 1, endpoint: { ip: '10.0.0.1', port: 6783 } },
    { shortId: 3, endpoint: { ip: '10.0.0.3', port: 6783 } },
  ],
}

/** A datagram to be, and what is done to it. */
interface Wish {
  readonly bytes: Uint8Array
  readonly place: Pick<FrameShape, 'checksumStart' | 'checksumOffset'>
  readonly source: number
  readonly isOfOtherKey: boolean
  readonly kind: number
  readonly isForged: boolean
  readonly isRepeated: boolean
}

describe('a run of datagrams', () => {
  it('gives the bridge the same as the datagrams one by one do', () => {
    fc.assert(
      fc.property(fc.array(stream(), { minLength: 1, maxLength: 3 }), streams => {
        const datagrams = sealed(streams.flat())
        const [together, apart] = [receiver(), receiver()]
        for (const run of runsOf(datagrams)) together.receive(run.bytes, run.datagramBytes)
        for (const bytes of datagrams) apart.receive(bytes, bytes.length)
        expect(together.finish()).toEqual(apart.finish())
      }),
      { numRuns: 400 },
    )
  })

  it('is opened by one call as far as one key goes', () => {
    const [one] = fc.sample(burst, 1)
    const wishes = wishesOf({ ...one!, isUdp: true, payload: new Uint8Array(500), segmentBytes: 100 })
    const datagrams = sealed(wishes.map((wish, i) => ({ ...wish, isOfOtherKey: i > 2 })))
    const opened: number[] = []
    const cipher = createNodeCipher()
    const open: DatagramCipher['open'] = (key, memory, run) => {
      opened.push(run.length / run.datagramBytes)
      return cipher.open(key, memory, run)
    }
    const { receive } = receiver({ ...cipher, open })
    for (const run of runsOf(datagrams)) receive(run.bytes, run.datagramBytes)
    expect(opened).toEqual([3, 2])
  })

  it('drops what is like a frame that was dropped, though that is where one was that is held', () => {
    const [one] = fc.sample(burst, 1)
    const [sound, next] = wishesOf({ ...one!, flags: 0x10, payload: new Uint8Array(200), segmentBytes: 100 })
    const spoilt = { ...next!, place: { checksumStart: 1000, checksumOffset: 16 } }
    const [first, ...others] = sealed([sound!, spoilt, spoilt])
    const { receive, finish } = receiver()
    receive(first!, first!.length)
    receive(Buffer.concat(others), first!.length)
    expect(finish()).toMatchObject({ frames: { length: 1 }, counters: { injected: 1, droppedMeta: 2 } })
  })

  it('opens a repeated datagram once, also where both are of one run', () => {
    const [one] = fc.sample(burst, 1)
    const [wish] = wishesOf({ ...one!, payload: new Uint8Array(100), segmentBytes: 100 })
    const [datagram] = sealed([wish!])
    const { receive, finish } = receiver()
    receive(Buffer.concat([datagram!, datagram!]), datagram!.length)
    expect(finish()).toMatchObject({ frames: { length: 1 }, counters: { injected: 1, droppedReplay: 1 } })
  })
})

describe('a frame like the one before it', () => {
  it('joins that without being read, if its segment is as long', () => {
    const shapes: number[] = []
    const memory = new Uint8Array(MEMORY_BYTES)
    const coalescer = new Coalescer(memory, { tcp: true, udp: true }, { inject: (_, length) => shapes.push(length) })
    const [one] = fc.sample(burst, 1)
    const wishes = wishesOf({ ...one!, flags: 0x10, payload: new Uint8Array(450), segmentBytes: 100 })
    const [first] = wishes
    const step = first!.bytes.length + META_BYTES
    for (const [i, { bytes }] of wishes.entries()) memory.set(bytes, RECEIVE_AT + i * step)
    coalescer.add(RECEIVE_AT, first!.bytes.length, { ...plainShape(), ...first!.place })
    const taken = wishes.slice(1).map(({ bytes }, i) => {
      return coalescer.addNext(RECEIVE_AT + i * step, RECEIVE_AT + (i + 1) * step, bytes.length)
    })
    expect(taken).toEqual([true, true, true, false])
    coalescer.flush()
    expect(shapes).toEqual([first!.bytes.length + 300])
  })
})

/** Segments of a stream; to some of them something is done. */
function stream(): fc.Arbitrary<Wish[]> {
  const harm = fc.record({
    index: fc.nat(30),
    at: fc.nat(80),
    bit: fc.nat(7),
    what: fc.constantFrom('header', 'source', 'key', 'kind', 'forged', 'repeated', 'lost', 'cut', 'place'),
  })
  const sizes = fc.record({ segmentBytes: fc.integer({ min: 20, max: 200 }), payload: fc.nat(3000) })
  return fc.tuple(burst, sizes, fc.array(harm, { maxLength: 4 })).map(([one, { segmentBytes, payload }, harms]) => {
    const wishes = wishesOf({ ...one, segmentBytes, payload: new Uint8Array(payload + 1).fill(7) })
    for (const { index, at, bit, what } of harms) {
      const place = index % wishes.length
      if (what === 'lost') wishes.splice(place, wishes.length > 1 ? 1 : 0)
      else wishes[place] = harmed(wishes[place]!, { at, bit, what })
    }
    return wishes
  })
}

function harmed(wish: Wish, { at, bit, what }: { at: number; bit: number; what: string }): Wish {
  const bytes = what === 'cut' ? wish.bytes.slice(0, -1) : wish.bytes.slice()
  if (what === 'header') bytes[at % bytes.length]! ^= 1 << bit
  return {
    bytes,
    place: what === 'place' ? { ...wish.place, checksumOffset: 8 } : wish.place,
    source: what === 'source' ? 3 : wish.source,
    isOfOtherKey: wish.isOfOtherKey || what === 'key',
    kind: what === 'kind' ? DatagramKind.part : wish.kind,
    isForged: wish.isForged || what === 'forged',
    isRepeated: wish.isRepeated || what === 'repeated',
  }
}

/** As a sender cuts it, by means of its own. */
function wishesOf(one: Burst): Wish[] {
  const { transport } = layoutOf(one)
  const place = { checksumStart: transport, checksumOffset: one.isUdp ? 6 : 16 }
  const common = { place, source: 1, isOfOtherKey: false, kind: DatagramKind.frame, isForged: false, isRepeated: false }
  const wishes: Wish[] = []
  for (let done = 0; done < one.payload.length; done += one.segmentBytes) {
    const payload = one.payload.subarray(done, done + one.segmentBytes)
    const isLast = done + one.segmentBytes >= one.payload.length
    const place = {
      payload,
      sequence: (one.sequence + done) % 2 ** 32,
      identification: (one.identification + wishes.length) & 0xffff,
      flags: isLast ? one.flags : one.flags & ~9,
    }
    wishes.push({ ...common, bytes: frameOf({ ...one, ...place }) })
  }
  return wishes
}

function sealed(wishes: readonly Wish[]): Uint8Array[] {
  const cipher = createNodeCipher()
  const keys = [KEY, OTHER_KEY].map(({ key }) => cipher.load(key))
  return wishes.flatMap(({ bytes, place, source, isOfOtherKey, kind, isForged, isRepeated }, counter) => {
    const datagram = new Uint8Array(HEADER_BYTES + META_BYTES + bytes.length + TAG_BYTES)
    const ids = isOfOtherKey ? OTHER_KEY : KEY
    writeHeader(datagram, 0, { ...ids, kind, source, destination: 2, counter })
    writeMeta(datagram, HEADER_BYTES, place)
    datagram.set(bytes, HEADER_BYTES + META_BYTES)
    const run = { offset: 0, length: datagram.length, datagramBytes: datagram.length }
    cipher.seal(keys[isOfOtherKey ? 1 : 0]!, counter, datagram, run)
    if (isForged) datagram[datagram.length - 1]! ^= 1
    return isRepeated ? [datagram, datagram] : [datagram]
  })
}

/** As the kernel gives them: of one length each, but for the last. */
function runsOf(datagrams: readonly Uint8Array[]): { bytes: Uint8Array; datagramBytes: number }[] {
  const runs: { parts: Uint8Array[]; datagramBytes: number }[] = []
  for (const datagram of datagrams) {
    const run = runs.at(-1)
    const isOpen = run !== undefined && run.parts.at(-1)?.length === run.datagramBytes && run.parts.length < 40
    if (isOpen && datagram.length <= run.datagramBytes) run.parts.push(datagram)
    else runs.push({ parts: [datagram], datagramBytes: datagram.length })
  }
  return runs.map(({ parts, datagramBytes }) => ({ bytes: Buffer.concat(parts), datagramBytes }))
}

function receiver(cipher: DatagramCipher = createNodeCipher()) {
  const memory = new Uint8Array(MEMORY_BYTES)
  const frames: { bytes: string; shape: FrameShape }[] = []
  const forwarder = new Forwarder({
    cipher,
    memory,
    joins: { tcp: true, udp: true },
    sink: {
      inject: (at, length, shape) =>
        frames.push({ bytes: Buffer.from(memory.subarray(at, at + length)).toString('hex'), shape: { ...shape } }),
      transmit: () => undefined,
      transmitWhole: () => true,
      wanted: () => undefined,
      filled: () => undefined,
      worn: () => undefined,
      probed: () => undefined,
    },
  })
  forwarder.apply(TABLE)
  return {
    receive(bytes: Uint8Array, datagramBytes: number): void {
      memory.set(bytes, RECEIVE_AT)
      forwarder.receive(bytes.length, datagramBytes, FROM, 0)
    },
    finish() {
      forwarder.deliver()
      // Of frames that are alike one is looked up: so often the address of another peer is counted.
      return { frames, counters: { ...forwarder.counters, macsHeld: 0 } }
    },
  }
}
