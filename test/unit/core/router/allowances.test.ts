import { Allowances } from '../../../../src/core/router/allowances.ts'

describe('an allowance', () => {
  it('lets so much through in a row, and then as much as time passes', () => {
    const allowances = new Allowances(1_000)
    let done = 0
    for (; allowances.allows(1, 0); done++) allowances.charge(1, 100, 0)
    expect(done).toBe(11)
    expect(allowances.turnAt(1, 0)).toBe(100)
    expect(allowances.allows(1, 99)).toBe(false)
    expect(allowances.allows(1, 100)).toBe(true)
  })

  it('is one for each peer', () => {
    const allowances = new Allowances(1_000)
    allowances.charge(1, 5_000, 0)
    expect([allowances.allows(1, 0), allowances.allows(2, 0)]).toEqual([false, true])
  })

  it('says once who asks for more, until that one owes nothing', () => {
    const allowances = new Allowances(1_000)
    allowances.charge(1, 5_000, 0)
    expect([allowances.exceeded(1), allowances.exceeded(1)]).toEqual([true, false])
    allowances.forgetPaid(4_999)
    expect(allowances.exceeded(1)).toBe(false)
    allowances.forgetPaid(5_000)
    expect(allowances.exceeded(1)).toBe(true)
  })

  it('does not grow while it is not used', () => {
    const allowances = new Allowances(1_000)
    allowances.charge(1, 100, 0)
    allowances.charge(1, 2_000, 60_000)
    expect(allowances.allows(1, 60_000)).toBe(false)
  })

  it('takes memory for those alone that owe something', () => {
    const allowances = new Allowances(1_000)
    for (let peer = 0; peer < 100; peer++) allowances.charge(peer, 10 * peer + 10, 0)
    allowances.forgetPaid(500)
    expect(allowances.size).toBe(50)
    allowances.forgetPaid(1_000)
    expect(allowances.size).toBe(0)
  })
})
