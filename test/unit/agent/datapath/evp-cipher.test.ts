import fc from 'fast-check'
import { createEvpCipher } from '../../../../src/agent/datapath/evp-cipher.ts'
import { createNodeCipher, type DatagramCipher, HEADER_BYTES, TAG_BYTES } from '../../../../src/core/router/index.ts'

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i)

describe('the cipher that calls OpenSSL directly', () => {
  const evp = createEvpCipher()
  if (evp === undefined) throw new Error('this Node.js exports no EVP functions')
  const node = createNodeCipher()

  it('seals to the same bytes as node:crypto, whatever the header, payload and counter', () => {
    const [evpKey, nodeKey] = [evp.load(KEY), node.load(KEY)]
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.maxSafeNat(), fc.nat(64), (payload, counter, offset) => {
        const [ours, theirs] = [datagramOf(payload, offset), datagramOf(payload, offset)]
        evp.seal(evpKey, counter, ours, offset, payload.length)
        node.seal(nodeKey, counter, theirs, offset, payload.length)
        expect(Buffer.compare(ours, theirs)).toBe(0)
      }),
    )
  })

  it('opens what node:crypto has sealed', () => {
    const payload = Buffer.from('frame')
    const datagram = datagramOf(payload, 0)
    node.seal(node.load(KEY), 5, datagram, 0, payload.length)
    expect(evp.open(evp.load(KEY), datagram, 0, payload.length + TAG_BYTES)).toBe(true)
    expect(Buffer.from(datagram.subarray(HEADER_BYTES, HEADER_BYTES + payload.length)).toString()).toBe('frame')
  })

  it('tells a forgery: another header, counter, payload, tag, length or key', () => {
    const key = evp.load(KEY)
    for (const at of [0, 1, 4, 11, 12, 19, HEADER_BYTES, HEADER_BYTES + 4, HEADER_BYTES + 5, HEADER_BYTES + 20]) {
      const datagram = sealed(evp, key)
      datagram[at] = (datagram[at] ?? 0) ^ 1
      expect(evp.open(key, datagram, 0, 5 + TAG_BYTES)).toBe(false)
    }
    expect(evp.open(evp.load(new Uint8Array(32)), sealed(evp, key), 0, 5 + TAG_BYTES)).toBe(false)
    for (const length of [0, TAG_BYTES - 1, 4 + TAG_BYTES]) {
      expect(evp.open(key, sealed(evp, key), 0, length)).toBe(false)
    }
  })

  it('seals with the counter that it is given, also when that is not the next one', () => {
    const [evpKey, nodeKey] = [evp.load(KEY), node.load(KEY)]
    for (const counter of [0, 1, 2, 7, 8, 2 ** 32 - 1, 2 ** 32, 3, 3]) {
      const [ours, theirs] = [datagramOf(KEY, 0), datagramOf(KEY, 0)]
      evp.seal(evpKey, counter, ours, 0, KEY.length)
      node.seal(nodeKey, counter, theirs, 0, KEY.length)
      expect(ours).toEqual(theirs)
      expect(evp.open(evpKey, ours, 0, KEY.length + TAG_BYTES)).toBe(true)
    }
  })

  it('relays may count the hops down', () => {
    const key = evp.load(KEY)
    const datagram = sealed(evp, key)
    datagram[2] = 3
    expect(evp.open(key, datagram, 0, 5 + TAG_BYTES)).toBe(true)
  })

  it('goes on after a forgery', () => {
    const key = evp.load(KEY)
    evp.open(key, sealed(evp, key), 0, 5 + TAG_BYTES)
    expect(evp.open(key, sealed(evp, key), 0, 5 + TAG_BYTES)).toBe(true)
  })

  it('keeps keys apart, and forgets those that are unloaded', () => {
    const [first, second] = [evp.load(KEY), evp.load(new Uint8Array(32))]
    const datagram = sealed(evp, first)
    evp.unload(second)
    expect(evp.open(first, datagram, 0, 5 + TAG_BYTES)).toBe(true)
    expect(() => evp.open(second, sealed(evp, first), 0, 5 + TAG_BYTES)).toThrow('the key is loaded')
  })
})

function datagramOf(payload: Uint8Array, offset: number): Buffer {
  const datagram = Buffer.alloc(offset + HEADER_BYTES + payload.length + TAG_BYTES, 0x5a)
  datagram.set(payload, offset + HEADER_BYTES)
  return datagram
}

function sealed(cipher: DatagramCipher, key: number): Buffer {
  const datagram = datagramOf(Buffer.from('frame'), 0)
  cipher.seal(key, 1, datagram, 0, 5)
  return datagram
}
