import { isPreface, makePreface, PREFACE_BYTES } from '../../../../src/agent/transport/preface.ts'

const KEY = Buffer.alloc(32, 1)

describe('the preface', () => {
  it('is 48 bytes, and never the same twice', () => {
    const [first, second] = [makePreface(KEY), makePreface(KEY)]
    expect(first).toHaveLength(PREFACE_BYTES)
    expect(Buffer.compare(first, second)).not.toBe(0)
  })

  it('proves the key that it was made with, and no other', () => {
    expect(isPreface(makePreface(KEY), KEY)).toBe(true)
    expect(isPreface(makePreface(KEY), Buffer.alloc(32, 2))).toBe(false)
  })

  it('is refused when any one byte is changed, or when it is cut', () => {
    const preface = makePreface(KEY)
    for (let i = 0; i < PREFACE_BYTES; i++) {
      const changed = Buffer.from(preface)
      changed[i] = (changed[i] ?? 0) ^ 1
      expect(isPreface(changed, KEY)).toBe(false)
    }
    expect(isPreface(preface.subarray(0, 47), KEY)).toBe(false)
    expect(isPreface(new Uint8Array(0), KEY)).toBe(false)
  })

  it('keeps to the vector of the protocol: nonce, then HMAC-SHA-256 over context and nonce', () => {
    const nonce = 'a0'.repeat(16)
    const proof = '24e4c2a895df0b9123fb97aa30bc11562ce400cfbdb29f25a258a2ad5a6ad9d5'
    expect(isPreface(Buffer.from(nonce + proof, 'hex'), Buffer.alloc(32, 0xad))).toBe(true)
  })
})
