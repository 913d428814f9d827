import { ADDRESSES_MAX, GuessLimiter } from '../../../../src/agent/password/guess-limiter.ts'

const STRANGER = Uint8Array.of(1)
const MEMBER = Uint8Array.of(2)

describe('a limiter of guesses', () => {
  it('lets an address guess a few times, then once in ten seconds', () => {
    let now = 0
    const limiter = new GuessLimiter(() => now)
    const takeAll = () => Array.from({ length: 20 }, () => limiter.take('10.0.0.1', STRANGER)).filter(Boolean).length
    expect(takeAll()).toBe(5)
    now = 10_000
    expect(takeAll()).toBe(1)
  })

  it('limits all addresses together', () => {
    const limiter = new GuessLimiter(() => 0)
    const taken = Array.from({ length: 200 }, (_, i) => limiter.take(`10.0.0.${i}`, STRANGER))
    expect(taken.filter(Boolean)).toHaveLength(30)
  })

  it('counts no guess that was right, and lets who made it come again though strangers guess', () => {
    const limiter = new GuessLimiter(() => 0)
    for (let i = 0; i < 50; i++) {
      expect(limiter.take('10.0.0.1', MEMBER)).toBe(true)
      limiter.succeeded('10.0.0.1', MEMBER)
    }
    for (let i = 0; i < 50; i++) limiter.take('10.0.0.1', STRANGER)
    expect(limiter.take('10.0.0.1', STRANGER)).toBe(false)
    expect(limiter.take('10.0.0.1', MEMBER)).toBe(true)
    limiter.forgetAcquaintances()
    expect(limiter.take('10.0.0.1', MEMBER)).toBe(false)
  })

  it('gives a guesser nothing because a member at the same address comes again and again', () => {
    const limiter = new GuessLimiter(() => 0)
    limiter.take('10.0.0.1', MEMBER)
    limiter.succeeded('10.0.0.1', MEMBER)
    const guesses = Array.from({ length: 50 }, () => {
      limiter.take('10.0.0.1', MEMBER)
      limiter.succeeded('10.0.0.1', MEMBER)
      return limiter.take('10.0.0.1', STRANGER)
    })
    expect(guesses.filter(Boolean)).toHaveLength(5)
  })

  it('remembers a bounded number of addresses, the latest', () => {
    let now = 0
    const limiter = new GuessLimiter(() => now)
    for (let i = 0; i < 5; i++) limiter.take('10.0.0.1', STRANGER)
    for (let i = 0; i < ADDRESSES_MAX; i++) {
      now += 1
      limiter.take(`10.1.${i >> 8}.${i & 255}`, STRANGER)
    }
    now += 10_000
    expect(Array.from({ length: 9 }, () => limiter.take('10.0.0.1', STRANGER)).filter(Boolean)).toHaveLength(5)
  })
})
