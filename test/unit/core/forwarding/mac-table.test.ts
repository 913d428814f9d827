import { noCounts } from '../../../../src/core/forwarding/forwarder-counters.ts'
import {
  MAC_AGE_MS,
  MAC_HOLD_MS,
  MACS_LISTED_MAX,
  MACS_MAX,
  MACS_PER_PEER_MAX,
  MacTable,
} from '../../../../src/core/forwarding/mac-table.ts'

describe('the table of Ethernet addresses (PEER-13)', () => {
  it('knows the peer that an address was last seen behind', () => {
    const table = new MacTable(noCounts())
    table.learn(1, 5, 0)
    table.learn(1, 6, MAC_HOLD_MS)
    expect(table.lookup(1, MAC_HOLD_MS)).toBe(6)
  })

  it('forgets an address that was silent for ten minutes', () => {
    const table = new MacTable(noCounts())
    table.learn(1, 5, 0)
    expect(table.lookup(1, MAC_AGE_MS)).toBe(5)
    expect(table.lookup(1, MAC_AGE_MS + 1)).toBeUndefined()
    expect(table.size).toBe(0)
  })

  it('tells of a thousand addresses at most, with the count of all and when each was seen', () => {
    const table = new MacTable(noCounts())
    table.learn(1, 5, 0)
    for (let mac = 2; mac < MACS_LISTED_MAX + 10; mac++) table.learn(mac, 6, MAC_AGE_MS)
    const { count, listed } = table.list(MAC_AGE_MS + 1)
    expect(count).toBe(MACS_LISTED_MAX + 9)
    expect(listed).toHaveLength(MACS_LISTED_MAX)
    expect(listed[0]).toEqual({ mac: 2, peer: 6, agoMs: 1 })
  })

  it('forgets all addresses of a peer that is gone', () => {
    const table = new MacTable(noCounts())
    table.learn(1, 5, 0)
    table.learn(2, 6, 0)
    table.forgetPeer(5)
    expect([table.lookup(1, 0), table.lookup(2, 0)]).toEqual([undefined, 6])
  })

  it('finds an address that moved, was forgotten, and came again where it came last', () => {
    const table = new MacTable(noCounts())
    table.learn(1, 5, 0)
    expect(table.lookup(1, 0)).toBe(5)
    table.learn(1, 6, MAC_HOLD_MS)
    expect(table.lookup(1, MAC_HOLD_MS)).toBe(6)
    table.forgetPeer(6)
    table.learn(1, 7, MAC_HOLD_MS)
    table.learn(1, 8, 2 * MAC_HOLD_MS)
    expect(table.lookup(1, 2 * MAC_HOLD_MS)).toBe(8)
  })

  it('keeps an address for a peer that uses it, whoever borrows it', () => {
    const counters = noCounts()
    const table = new MacTable(counters)
    table.learn(1, 5, 0)
    expect([table.learn(1, 6, MAC_HOLD_MS - 1), table.lookup(1, MAC_HOLD_MS)]).toEqual([false, 5])
    expect([table.learn(1, 6, MAC_HOLD_MS), table.lookup(1, MAC_HOLD_MS)]).toEqual([true, 6])
    expect(counters).toMatchObject({ macsHeld: 1, macsMoved: 1, macsForgotten: 0 })
  })

  it('stays within its limit under MAC flooding by one peer, and forgets no address of others for it', () => {
    const counters = noCounts()
    const table = new MacTable(counters)
    table.learn(1, 5, 0)
    for (let mac = 10; mac < 10 + MACS_PER_PEER_MAX + 100; mac++) table.learn(mac, 6, 0)
    expect([table.size, counters.macsForgotten]).toEqual([MACS_PER_PEER_MAX + 1, 100])
    expect([table.lookup(1, 0), table.lookup(10, 0), table.lookup(MACS_PER_PEER_MAX + 109, 0)]).toEqual([
      5,
      undefined,
      6,
    ])
  })

  it('stays within its limit under MAC flooding by many', () => {
    const table = new MacTable(noCounts())
    for (let mac = 0; mac < MACS_MAX + 100; mac++) table.learn(mac, mac % 8, 0)
    expect(table.size).toBe(MACS_MAX)
    expect(table.lookup(MACS_MAX + 99, 0)).toBe((MACS_MAX + 99) % 8)
  })
})
