import { canAdopt } from '../../../../src/agent/fastpath/kernel-maps.ts'

const HOPS = { name: 'weave_hops', type: 2, keyBytes: 4, valueBytes: 8, entriesMax: 4096, flags: 0 }
const TREES = { name: 'weave_trees', type: 1, keyBytes: 4, valueBytes: 1032, entriesMax: 4096, flags: 1 }

describe('maps of an earlier agent', () => {
  it('are adopted when they have the same form', () => {
    expect(canAdopt(leftOf(HOPS, TREES), [HOPS, TREES])).toBe(true)
  })

  it('are adopted when their release did not have all, and when it had more', () => {
    expect(canAdopt(leftOf(HOPS), [HOPS, TREES])).toBe(true)
    expect(canAdopt(leftOf(HOPS, TREES), [HOPS])).toBe(true)
  })

  it.each(['type', 'keyBytes', 'valueBytes', 'entriesMax'] as const)(
    'are not adopted when one has another form: %s',
    field => {
      expect(canAdopt(leftOf(HOPS, { ...TREES, [field]: 3 }), [HOPS, TREES])).toBe(false)
    },
  )

  it('are not adopted when there are none', () => {
    expect(canAdopt(leftOf(), [HOPS, TREES])).toBe(false)
  })
})

function leftOf(...maps: readonly (typeof HOPS)[]) {
  return new Map(maps.map(info => [info.name, { info }]))
}
