import fc from 'fast-check'
import { macFromBytes, macFromNumber, macToBytes, parseMac } from '../../../src/base/mac.ts'
import { parsePeerName, peerNameFromDigest } from '../../../src/base/peer-name.ts'
import { acceptedBy, refusalBy } from './outcome.ts'

const sixBytes = fc.uint8Array({ minLength: 6, maxLength: 6 })

describe('Ethernet addresses', () => {
  it('six bytes survive the way to text and back', () => {
    fc.assert(fc.property(sixBytes, bytes => expect(macToBytes(macFromBytes(bytes))).toEqual(bytes)))
  })

  it('text that was made from bytes is accepted as it is', () => {
    fc.assert(
      fc.property(sixBytes, bytes => expect(acceptedBy(parseMac(macFromBytes(bytes)))).toBe(macFromBytes(bytes))),
    )
  })

  it('is read from the middle of a frame', () => {
    expect(macFromBytes(Uint8Array.of(9, 9, 0x66, 0xb4, 0xa1, 0x85, 0xda, 0x05), 2)).toBe('66:b4:a1:85:da:05')
  })

  it('is made of its 48 bits', () => {
    expect(macFromNumber(0x02_00_00_00_0a_01)).toBe('02:00:00:00:0a:01')
  })

  it('upper case becomes lower case', () => {
    expect(acceptedBy(parseMac('66:B4:A1:85:DA:65'))).toBe('66:b4:a1:85:da:65')
  })

  it.each(['', '66:b4:a1:85:da', '66:b4:a1:85:da:65:01', '6:b4:a1:85:da:65', '66-b4-a1-85-da-65', '66:b4:a1:85:da:6g'])(
    '%j is refused',
    text => {
      expect(refusalBy(parseMac(text))).toBe(`'${text}' is not an Ethernet address`)
    },
  )
})

describe('peer names', () => {
  it('derived ones are local and single: safe to use as an address on the bridge', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), digest => {
        const [first = 0] = macToBytes(peerNameFromDigest(digest))
        expect(first & 0x03).toBe(0x02)
      }),
    )
  })

  it('keep every other bit of the digest, and leave the digest alone', () => {
    const digest = Uint8Array.of(0xff, 1, 2, 3, 4, 5, 6, 7)
    expect(peerNameFromDigest(digest)).toBe('fe:01:02:03:04:05')
    expect(digest[0]).toBe(0xff)
  })

  it('read back as themselves', () => {
    fc.assert(
      fc.property(sixBytes, digest => {
        expect(acceptedBy(parsePeerName(peerNameFromDigest(digest)))).toBe(peerNameFromDigest(digest))
      }),
    )
  })

  it('are refused in any other form', () => {
    expect(refusalBy(parsePeerName('alpha'))).toBe("'alpha' is not an Ethernet address")
  })
})
