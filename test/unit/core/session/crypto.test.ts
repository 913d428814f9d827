import fc from 'fast-check'
import {
  createAgreementKey,
  createNodeCipher,
  createSigner,
  deriveKey,
  isSignedBy,
} from '../../../../src/core/session/crypto.ts'

describe('the primitives', () => {
  it('agree on X25519 secrets (RFC 7748, section 6.1)', () => {
    const alice = createAgreementKey(bytes('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'))
    const bob = createAgreementKey(bytes('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'))
    expect(hex(alice.publicKey)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
    expect(hex(alice.agree(bob.publicKey))).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742')
    expect(bob.agree(alice.publicKey)).toEqual(alice.agree(bob.publicKey))
  })

  it('agree on nothing with a point of low order, or with what is no key', () => {
    const alice = createAgreementKey(new Uint8Array(32).fill(1))
    expect(alice.agree(new Uint8Array(32))).toBeUndefined()
    expect(alice.agree(new Uint8Array(31))).toBeUndefined()
  })

  it('sign with Ed25519 (RFC 8032, section 7.1, test 2)', () => {
    const signer = createSigner(bytes('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'))
    const message = Uint8Array.of(0x72)
    expect(hex(signer.publicKey)).toBe('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
    expect(hex(signer.sign(message)).slice(0, 32)).toBe('92a009a9f0d4cab8720e820b5f642540')
    expect(isSignedBy(signer.publicKey, message, signer.sign(message))).toBe(true)
    expect(isSignedBy(signer.publicKey, Uint8Array.of(0x73), signer.sign(message))).toBe(false)
    expect(isSignedBy(new Uint8Array(3), message, new Uint8Array(64))).toBe(false)
    expect(isSignedBy(signer.publicKey, message, new Uint8Array(2))).toBe(false)
  })

  it('derive keys with HKDF-SHA-256 (RFC 5869, test case 3)', () => {
    const key = deriveKey(new Uint8Array(22).fill(0x0b), new Uint8Array(0))
    expect(hex(key)).toBe('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d')
  })
})

const HOPS_LEFT = 2

describe('the datagram cipher of Node', () => {
  it('opens what it sealed, and nothing that was changed in any byte but the hops left', () => {
    const cipher = createNodeCipher()
    const key = cipher.load(new Uint8Array(32).fill(9))
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 14, maxLength: 80 }), fc.nat(), fc.nat(), (plain, counter, at) => {
        const datagram = new Uint8Array(20 + plain.length + 16)
        datagram.set(plain, 20)
        const run = { offset: 0, length: datagram.length, datagramBytes: datagram.length }
        cipher.seal(key, counter, datagram, run)
        const forged = datagram.slice()
        const index = at % forged.length
        fc.pre(index !== HOPS_LEFT)
        forged[index] = forged[index]! ^ 1
        expect(cipher.open(key, forged, run)).toBe(0)
        expect(cipher.open(key, datagram, run)).toBe(1)
        expect(datagram.slice(20, 20 + plain.length)).toEqual(plain)
      }),
    )
  })
})

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

function hex(value: Uint8Array | undefined): string {
  return Buffer.from(value ?? []).toString('hex')
}
