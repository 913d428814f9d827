import fc from 'fast-check'
import { createEvpCipher } from '../../../../src/agent/datapath/evp-cipher.ts'
import { loadRecordRun } from '../../../../src/agent/datapath/record-run.ts'
import {
  createNodeCipher,
  type DatagramCipher,
  type DatagramRun,
  HEADER_BYTES,
  RUN_DATAGRAMS_MAX,
  TAG_BYTES,
} from '../../../../src/core/router/index.ts'

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i)
const AROUND_BYTES = HEADER_BYTES + TAG_BYTES
const FRAME = Buffer.from('frame')

describe.each([
  { calls: 'one call for a run', code: loadRecordRun() },
  { calls: 'calls for each datagram', code: undefined },
])('the cipher that calls OpenSSL directly, with $calls', ({ code }) => {
  const evp = cipherWith(code)
  const node = createNodeCipher()

  it('seals to the same bytes as node:crypto, whatever the headers, payloads and counter', () => {
    const [evpKey, nodeKey] = [evp.load(KEY), node.load(KEY)]
    fc.assert(
      fc.property(runs(), fc.maxSafeNat(), ({ memory, run }, counter) => {
        fc.pre(counter + RUN_DATAGRAMS_MAX <= Number.MAX_SAFE_INTEGER)
        const [ours, theirs] = [memory.slice(), memory.slice()]
        evp.seal(evpKey, counter, ours, run)
        node.seal(nodeKey, counter, theirs, run)
        expect(Buffer.compare(ours, theirs)).toBe(0)
      }),
    )
  })

  it('opens what node:crypto has sealed, and tells which datagrams of a run are forged', () => {
    const [evpKey, nodeKey] = [evp.load(KEY), node.load(KEY)]
    fc.assert(
      fc.property(runs(), fc.array(fc.nat(RUN_DATAGRAMS_MAX - 1)), ({ memory, run }, wishes) => {
        const plain = memory.slice()
        node.seal(nodeKey, 5, memory, run)
        const count = Math.ceil(run.length / run.datagramBytes)
        const forged = new Set(wishes.map(wish => wish % count))
        for (const index of forged) spoil(memory, run.offset + index * run.datagramBytes + 1)
        expect(evp.open(evpKey, memory, run)).toBe(count - forged.size)
        for (let index = 0; index < count; index++) {
          const isForged = forged.has(index)
          const [start, end] = payloadOf(run, index)
          expect(evp.verdicts[index]).toBe(isForged ? 0 : 1)
          if (!isForged) expect(Buffer.compare(memory.subarray(start, end), plain.subarray(start, end))).toBe(0)
        }
      }),
    )
  })

  it('keeps the expanded key of a direction that is used only: 2,000 keys without frames take no memory to speak of', () => {
    const before = process.memoryUsage.rss()
    const keys = Array.from({ length: 2_000 }, () => evp.load(KEY))
    const grown = process.memoryUsage.rss() - before
    for (const key of keys) evp.unload(key)
    expect(grown).toBeLessThan(4 * 1024 * 1024)
  })

  it('tells a forgery: another header, counter, payload, tag, length or key', () => {
    const key = evp.load(KEY)
    for (const at of [0, 1, 4, 11, 12, 19, HEADER_BYTES, HEADER_BYTES + 4, HEADER_BYTES + 5, HEADER_BYTES + 20]) {
      const datagram = sealed(evp, key)
      spoil(datagram, at)
      expect(evp.open(key, datagram, whole(datagram))).toBe(0)
    }
    const datagram = sealed(evp, key)
    expect(evp.open(evp.load(new Uint8Array(32)), datagram, whole(datagram))).toBe(0)
    for (const length of [1, HEADER_BYTES, AROUND_BYTES - 1, AROUND_BYTES, AROUND_BYTES + 4]) {
      const cut = sealed(evp, key).subarray(0, length)
      expect(evp.open(key, cut, whole(cut))).toBe(0)
    }
  })

  it('seals with the counter that it is given, also when that is not the next one', () => {
    const [evpKey, nodeKey] = [evp.load(KEY), node.load(KEY)]
    for (const counter of [0, 1, 2, 7, 8, 2 ** 32 - 1, 2 ** 32, 3, 3]) {
      const [ours, theirs] = [datagramOf(KEY), datagramOf(KEY)]
      evp.seal(evpKey, counter, ours, whole(ours))
      node.seal(nodeKey, counter, theirs, whole(theirs))
      expect(ours).toEqual(theirs)
      expect(evp.open(evpKey, ours, whole(ours))).toBe(1)
    }
  })

  it('relays may count the hops down', () => {
    const key = evp.load(KEY)
    const datagram = sealed(evp, key)
    datagram[2] = 3
    expect(evp.open(key, datagram, whole(datagram))).toBe(1)
  })

  it('keeps keys apart, and forgets those that are unloaded', () => {
    const [first, second] = [evp.load(KEY), evp.load(new Uint8Array(32))]
    const datagram = sealed(evp, first)
    evp.unload(second)
    expect(evp.open(first, datagram, whole(datagram))).toBe(1)
    expect(() => evp.open(second, datagram, whole(datagram))).toThrow('the key is loaded')
  })

  it('refuses runs of more datagrams than there is a verdict for', () => {
    const key = evp.load(KEY)
    const datagramBytes = AROUND_BYTES + 1
    const length = (RUN_DATAGRAMS_MAX + 1) * datagramBytes
    const run = { offset: 0, length, datagramBytes }
    expect(() => evp.open(key, new Uint8Array(length), run)).toThrow('there is a verdict for each datagram')
  })
})

function cipherWith(code: ReturnType<typeof loadRecordRun>): DatagramCipher {
  const evp = createEvpCipher(code)
  if (evp === undefined) throw new Error('this Node.js exports no EVP functions')
  return evp
}

/** Memory with a run somewhere in it: any bytes. */
function runs(): fc.Arbitrary<{ memory: Uint8Array; run: DatagramRun }> {
  return fc
    .record({
      offset: fc.nat(64),
      payloadBytes: fc.nat(2000),
      full: fc.nat(5),
      lastBytes: fc.nat(2000),
      seed: fc.nat(255),
    })
    .map(({ offset, payloadBytes, full, lastBytes, seed }) => {
      const datagramBytes = AROUND_BYTES + payloadBytes
      const length = full * datagramBytes + AROUND_BYTES + Math.min(lastBytes, payloadBytes)
      const memory = Uint8Array.from({ length: offset + length + 8 }, (_, i) => i * 7 + seed)
      return { memory, run: { offset, length, datagramBytes } }
    })
}

function payloadOf(run: DatagramRun, index: number): readonly [start: number, end: number] {
  const start = run.offset + index * run.datagramBytes
  const end = Math.min(start + run.datagramBytes, run.offset + run.length)
  return [start + HEADER_BYTES, end - TAG_BYTES]
}

function whole(bytes: Uint8Array): DatagramRun {
  return { offset: 0, length: bytes.length, datagramBytes: bytes.length }
}

function spoil(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 1
}

function datagramOf(payload: Uint8Array): Buffer {
  const datagram = Buffer.alloc(AROUND_BYTES + payload.length, 0x5a)
  datagram.set(payload, HEADER_BYTES)
  return datagram
}

function sealed(cipher: DatagramCipher, key: number): Buffer {
  const datagram = datagramOf(FRAME)
  cipher.seal(key, 1, datagram, whole(datagram))
  return datagram
}
