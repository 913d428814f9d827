import { EventHeap } from './event-heap.ts'
import { SeededRandom } from './random.ts'

describe('the event heap', () => {
  it('gives values by time, and those of one time in the order they came', () => {
    const random = new SeededRandom(1)
    const heap = new EventHeap<{ at: number; order: number }>()
    const values = Array.from({ length: 500 }, (_, order) => ({ at: random.between(0, 20), order }))
    for (const value of values) heap.push(value.at, value)
    const popped = values.map(() => heap.pop())
    expect(popped).toEqual([...values].sort((a, b) => a.at - b.at || a.order - b.order))
    expect(heap.pop()).toBeUndefined()
    expect(heap.size).toBe(0)
  })
})
