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
})
