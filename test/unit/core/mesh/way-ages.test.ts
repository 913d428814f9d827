import { WayAges } from '../../../../src/core/mesh/way-ages.ts'

describe('the ages of ways', () => {
  it('begin when the first hop, or what it is reached by, is another', () => {
    const ages = new WayAges()
    ages.note([{ shortId: 2, nextHop: 3 }], 10)
    ages.note([{ shortId: 2, nextHop: 3 }], 20)
    expect(ages.sinceOf(2)).toBe(10)
    ages.note([{ shortId: 2, nextHop: 2, isBeside: true }], 30)
    expect(ages.sinceOf(2)).toBe(30)
    ages.note([{ shortId: 2, nextHop: 2 }], 40)
    ages.note([{ shortId: 2, nextHop: 2, isFloodedByKernel: true }], 50)
    expect(ages.sinceOf(2)).toBe(50)
  })

  it('end with the way', () => {
    const ages = new WayAges()
    ages.note([{ shortId: 2, nextHop: 2 }], 10)
    ages.note([{ shortId: 2 }], 20)
    expect(ages.sinceOf(2)).toBeUndefined()
    ages.note([{ shortId: 2, nextHop: 2 }], 30)
    expect(ages.sinceOf(2)).toBe(30)
  })

  it('tell of a way that is another, but for what the kernel carries', () => {
    const ages = new WayAges()
    expect(ages.note([{ shortId: 2, nextHop: 3 }], 10)).toEqual([])
    const moves = ages.note([{ shortId: 2, nextHop: 2, isBeside: true }], 20)
    const before = { shortId: 2, nextHop: 3, isBeside: false }
    expect(moves).toEqual([{ before, after: { shortId: 2, nextHop: 2, isBeside: true } }])
    expect(ages.note([{ shortId: 2, nextHop: 2, isBeside: true }], 30)).toEqual([])
    expect(ages.note([{ shortId: 2, nextHop: 2, isFloodedByKernel: true }], 40)).toEqual([])
    expect(ages.note([{ shortId: 2, nextHop: 3 }], 50)).toEqual([])
  })

  it('do not tell of a peer that had no way', () => {
    const ages = new WayAges()
    ages.note([{ shortId: 2, nextHop: 2 }], 10)
    ages.note([], 20)
    expect(ages.note([{ shortId: 2, nextHop: 3 }], 30)).toEqual([])
  })
})
