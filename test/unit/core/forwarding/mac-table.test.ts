import { MAC_AGE_MS, MACS_MAX, MacTable } from '../../../../src/core/forwarding/mac-table.ts'

describe('the table of Ethernet addresses (PEER-13)', () => {
  it('knows the peer that an address was last seen behind', () => {
    const table = new MacTable()
    table.learn(1, 5, 0)
    table.learn(1, 6, 10)
    expect(table.lookup(1, 20)).toBe(6)
  })

  it('forgets an address that was silent for ten minutes', () => {
    const table = new MacTable()
    table.learn(1, 5, 0)
    expect(table.lookup(1, MAC_AGE_MS)).toBe(5)
    expect(table.lookup(1, MAC_AGE_MS + 1)).toBeUndefined()
    expect(table.size).toBe(0)
  })

  it('forgets all addresses of a peer that is gone', () => {
    const table = new MacTable()
    table.learn(1, 5, 0)
    table.learn(2, 6, 0)
    table.forgetPeer(5)
    expect([table.lookup(1, 0), table.lookup(2, 0)]).toEqual([undefined, 6])
  })

  it('finds an address that moved, was forgotten, and came again where it came last', () => {
    const table = new MacTable()
    table.learn(1, 5, 0)
    expect(table.lookup(1, 0)).toBe(5)
    table.learn(1, 6, 0)
    expect(table.lookup(1, 0)).toBe(6)
    table.forgetPeer(6)
    table.learn(1, 7, 0)
    table.learn(1, 8, 0)
    expect(table.lookup(1, 0)).toBe(8)
  })

  it('stays within its limit under a flood of addresses', () => {
    const table = new MacTable()
    for (let mac = 0; mac < MACS_MAX + 100; mac++) table.learn(mac, 1, 0)
    expect(table.size).toBe(MACS_MAX)
    expect(table.lookup(MACS_MAX + 99, 0)).toBe(1)
  })
})
