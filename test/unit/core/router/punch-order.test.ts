import type { PeerName } from '../../../../src/base/peer-name.ts'
import { PunchOrder } from '../../../../src/core/router/punch-order.ts'

const NAME = '66:b4:a1:85:da:65' as PeerName
const OTHER = '66:b4:a1:85:da:66' as PeerName

describe('punches of one source', () => {
  it('are new once', () => {
    const order = new PunchOrder(64)
    expect(newOnes(order, [1, 2, 2, 1, 3, 1])).toEqual([1, 2, 3])
  })

  it('may overtake each other by less than the window', () => {
    const order = new PunchOrder(64)
    expect(newOnes(order, [10, 8, 9, 8, 100, 37, 36, 10])).toEqual([10, 8, 9, 100, 37])
  })

  it('are never older than the newest where the window is one', () => {
    const order = new PunchOrder(1)
    expect(newOnes(order, [10, 9, 10, 11])).toEqual([10, 11])
  })

  it('begin anew with a later boot, and do not go back to an earlier one', () => {
    const order = new PunchOrder(64)
    newOnes(order, [1_000])
    expect(newOnes(order, [1, 2, 1], 2n)).toEqual([1, 2])
    expect(newOnes(order, [1_001])).toEqual([])
  })

  it('are of another when the short id is', () => {
    const order = new PunchOrder(64)
    newOnes(order, [1_000], 9n)
    expect(order.isNew({ source: 7, bootId: 1n, sequence: 1 }, OTHER)).toBe(true)
    order.note({ source: 7, bootId: 1n, sequence: 1 }, OTHER)
    expect(order.isNew({ source: 7, bootId: 1n, sequence: 1 }, OTHER)).toBe(false)
  })
})

/** Of those heard in this order, those that were new. */
function newOnes(order: PunchOrder, sequences: readonly number[], bootId = 1n): readonly number[] {
  return sequences.filter(sequence => {
    const punch = { source: 7, bootId, sequence }
    if (!order.isNew(punch, NAME)) return false
    order.note(punch, NAME)
    return true
  })
}
