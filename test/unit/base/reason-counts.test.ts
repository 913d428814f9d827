import { ReasonCounts } from '../../../src/base/reason-counts.ts'

describe('counts by reason', () => {
  it('take what stands in front of the colon, whatever numbers it has', () => {
    const counts = new ReasonCounts(4)
    for (const reason of [
      'broken message: a message of 5 bytes',
      'broken message: x',
      '3 bytes too many',
      '9 bytes too many',
    ])
      counts.count(reason)
    expect(counts.all).toEqual({ 'broken message': 2, 'N bytes too many': 2 })
  })

  it('name the first reasons, and count the others together', () => {
    const counts = new ReasonCounts(2)
    for (const reason of ['a', 'b', 'c', 'd', 'a']) counts.count(reason)
    expect(counts.all).toEqual({ a: 2, b: 1, other: 2 })
  })
})
