import fc from 'fast-check'
import { decodeLinkCosts, encodeLinkCosts } from '../../../../src/core/wire/link-costs.ts'
import { TOPIC_BODY_BYTES_MAX } from '../../../../src/core/wire/topic-record.ts'

describe('the body of topic costs', () => {
  it('is read as it was written', () => {
    const entry = fc.tuple(fc.integer({ min: 1, max: 4095 }), fc.integer({ min: 1, max: 65_535 }))
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ([peer]) => peer }), entries => {
        const costs = new Map(entries)
        expect(decodeLinkCosts(encodeLinkCosts(costs))).toEqual(costs)
      }),
    )
  })

  it('is no list when bytes are any', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), bytes => {
        const costs = decodeLinkCosts(bytes)
        if (costs !== undefined) expect(encodeLinkCosts(costs)).toEqual(bytes)
      }),
    )
  })

  it('has room for a price on each peer that there can be', () => {
    const costs = new Map(Array.from({ length: 4095 }, (_, i) => [i + 1, 500]))
    expect(encodeLinkCosts(costs).length).toBeLessThanOrEqual(TOPIC_BODY_BYTES_MAX)
  })
})
