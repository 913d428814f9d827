import fc from 'fast-check'
import { decodeFastNeighbours, encodeFastNeighbours } from '../../../../src/core/wire/fast-neighbours.ts'

describe('the body of topic fast path', () => {
  it('is read as it was written', () => {
    const peers = fc.uniqueArray(fc.integer({ min: 1, max: 4095 }), { maxLength: 256 })
    fc.assert(
      fc.property(peers, list => {
        expect(decodeFastNeighbours(encodeFastNeighbours(list))).toEqual([...list].sort((a, b) => a - b))
      }),
    )
  })

  it('is no list when bytes are any', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), bytes => {
        const peers = decodeFastNeighbours(bytes)
        if (peers !== undefined) expect(encodeFastNeighbours(peers)).toEqual(bytes)
      }),
    )
  })
})
