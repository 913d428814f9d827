import { EXTENTS } from '../../../bench/compare/extent.ts'

describe('a whole run', () => {
  it('measures all of it under every condition', () => {
    const { parts, losses, hasJumbo } = EXTENTS.whole
    for (const measured of Object.values(parts)) expect(measured).toEqual(['roundTrip', 'loaded', 'small', 'memory'])
    expect(losses).toEqual([0.1, 1])
    expect(hasJumbo).toBe(true)
  })
})

describe('a short run', () => {
  it('measures all of it on the direct path, round trips through relays, and else one stream', () => {
    const { parts, losses, hasJumbo } = EXTENTS.short
    expect(parts).toEqual({ ...EXTENTS.whole.parts, relayed: ['roundTrip'], lossy: [], jumbo: [] })
    expect({ losses, hasJumbo }).toEqual({ losses: [0.1, 1], hasJumbo: true })
  })
})
