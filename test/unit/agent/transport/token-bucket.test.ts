import { TokenBucket } from '../../../../src/agent/transport/token-bucket.ts'

describe('a token bucket', () => {
  it('lets a burst through, and no more', () => {
    const bucket = new TokenBucket(3, 20, 0)
    expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([true, true, true, false])
  })

  it('fills at its rate', () => {
    const bucket = new TokenBucket(1, 20, 0)
    bucket.take(0)
    expect(bucket.take(49)).toBe(false)
    expect(bucket.take(99)).toBe(true)
  })

  it('never holds more than its size', () => {
    const bucket = new TokenBucket(2, 20, 0)
    expect([1, 2, 3].map(() => bucket.take(1_000_000))).toEqual([true, true, false])
  })
})
