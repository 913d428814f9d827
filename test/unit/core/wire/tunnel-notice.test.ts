import fc from 'fast-check'
import { decodeTunnelNotice, encodeTunnelNotice } from '../../../../src/core/wire/tunnel-notice.ts'

describe('what a peer says of its tunnel', () => {
  it('is read as it was written', () => {
    const notices = fc.record({
      publicKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      port: fc.integer({ min: 1, max: 65_535 }),
      neighbours: fc.uniqueArray(fc.integer({ min: 1, max: 4095 }), { maxLength: 256 }),
    })
    fc.assert(
      fc.property(notices, notice => {
        const neighbours = [...notice.neighbours].sort((a, b) => a - b)
        expect(decodeTunnelNotice(encodeTunnelNotice(notice))).toEqual({ ...notice, neighbours })
      }),
    )
  })

  it('is nothing, or something that has a key and a port, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), bytes => {
        const notice = decodeTunnelNotice(bytes)
        expect(notice === undefined || (notice.publicKey.length === 32 && notice.port > 0)).toBe(true)
      }),
    )
    expect(decodeTunnelNotice(new Uint8Array(34))).toBeUndefined()
    expect(decodeTunnelNotice(new Uint8Array(33).fill(1))).toBeUndefined()
  })
})
