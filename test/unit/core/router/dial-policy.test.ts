import { Link } from '../../../../src/core/mesh/link.ts'
import { DialPolicy, LINKS_WANTED, settleMs } from '../../../../src/core/router/dial-policy.ts'
import { Neighbours } from '../../../../src/core/router/neighbours.ts'
import { LINKS_MAX as LINKS_TOLD_MAX } from '../../../../src/core/wire/peer-record.ts'

const FAR = { ip: '192.0.2.9', port: 6783 }

describe('the dial policy', () => {
  it('dials half of what is lacking at one time: the other half comes from those who dial here', () => {
    expect(policyWith(0, 0).dialBounds.open).toBe(LINKS_WANTED / 2)
    expect(policyWith(3, 0).dialBounds.open).toBe(Math.ceil((LINKS_WANTED - 3) / 2))
    expect(policyWith(LINKS_WANTED - 1, 0).dialBounds.open).toBe(1)
  })

  it('begins with half of these, but none fewer when all is up and somebody is not reached', () => {
    expect(policyWith(0, 0).dialBounds.fresh).toBe(LINKS_WANTED / 4)
    expect(policyWith(LINKS_WANTED - 1, 0).dialBounds.fresh).toBe(1)
    expect(policyWith(LINKS_WANTED, 0).dialBounds).toEqual({ open: 4, fresh: 4 })
  })

  it('never dials for more links than the operator allows', () => {
    expect(policyWith(0, 2).dialBounds.open).toBe(2)
    expect(policyWith(1, 2).dialBounds.open).toBe(1)
    expect(policyWith(2, 2).dialBounds.open).toBe(0)
    expect(policyWith(5, 2).dialBounds.open).toBe(0)
  })

  it('takes no link beyond what the operator allows, though the peer cannot be reached otherwise', () => {
    expect(policyWith(2, 2).isSpare(99)).toBe(true)
    expect(policyWith(1, 2).isSpare(99)).toBe(false)
    expect(policyWith(5, 0).isSpare(99)).toBe(false)
  })

  it('takes no link and dials for none that its record has no room for, whatever the operator allows', () => {
    for (const linksMax of [0, 5_000]) {
      expect(policyWith(LINKS_TOLD_MAX - 1, linksMax).isSpare(5_000)).toBe(false)
      expect(policyWith(LINKS_TOLD_MAX, linksMax).isSpare(5_000)).toBe(true)
      expect(policyWith(LINKS_TOLD_MAX - 1, linksMax).dialBounds.open).toBe(1)
      expect(policyWith(LINKS_TOLD_MAX, linksMax).dialBounds.open).toBe(0)
    }
  })
})

describe('a target that is reached over others', () => {
  const NOW = 1_000_000
  const target = { endpoint: { ip: '10.0.0.50', port: 6783 }, key: '10.0.0.50:6783' }

  it('is dialled for the first five links, and not any more once there are so many', () => {
    const isSatisfied = (links: number) => policyWith(links, 0, { reached: [50], owner: 50 }).isSatisfied(target, NOW)
    expect([0, 4].map(isSatisfied)).toEqual([false, false])
    expect([5, 8, 20].map(isSatisfied)).toEqual([true, true, true])
  })

  it('is dialled however many links there are when it is not reached after all, or nobody knows whose it is', () => {
    expect(policyWith(20, 0, { reached: [], owner: 50 }).isSatisfied(target, NOW)).toBe(false)
    expect(policyWith(20, 0, { reached: [50] }).isSatisfied(target, NOW)).toBe(false)
  })

  it('is given a moment to show that it is reached, after the last change of a link', () => {
    const isSatisfied = (links: number, now: number) =>
      policyWith(links, 0, { reached: [], owner: 50 }).isSatisfied(target, now)
    expect([0, settleMs(30) - 1, settleMs(30) + 1].map(now => isSatisfied(4, now))).toEqual([true, true, false])
    expect(isSatisfied(3, 0)).toBe(false)
  })

  it('is given longer where hosts took long to introduce themselves, as all that they pass on is late, but not for ever', () => {
    const isSatisfied = (greetedInMs: number, now: number) =>
      policyWith(4, 0, { reached: [], owner: 50, greetedInMs }).isSatisfied(target, greetedInMs + now)
    expect([3_000, 5_000].map(now => isSatisfied(800, settleMs(30) + now))).toEqual([true, false])
    expect([7_000, 9_000].map(now => isSatisfied(9_000, settleMs(30) + now))).toEqual([true, false])
  })

  it('is dialled all the same where links cost more than a hop as operators say, and hardly one does not, and it does not', () => {
    const isSatisfied = (priced: readonly number[]) =>
      policyWith(5, 0, { reached: [50], owner: 50, priced }).isSatisfied(target, NOW)
    expect([isSatisfied([]), isSatisfied([2, 3, 4])]).toEqual([true, true])
    expect([isSatisfied([2, 3, 4, 5]), isSatisfied([2, 3, 4, 5, 6])]).toEqual([false, false])
    expect(isSatisfied([2, 3, 4, 5, 6, 50])).toBe(true)
  })

  it('is not dialled while it is held down', () => {
    const isSatisfied = (held: readonly number[]) =>
      policyWith(1, 0, { reached: [], owner: 50, held }).isSatisfied(target, NOW)
    expect([isSatisfied([]), isSatisfied([50])]).toEqual([false, true])
  })
})

describe('a link too many', () => {
  it('is spared last when it is one of few that cost no more than a hop, as operators say', () => {
    const NOW = 1_000_000
    const peers = Array.from({ length: 14 }, (_, i) => i + 2)
    const sparedOf = (priced: readonly number[]) =>
      policyWith(14, 0, { reached: peers, links: 14, priced }).surplus(() => false, NOW)?.peer
    expect(sparedOf([])).toBe(2)
    expect(sparedOf(peers.filter(peer => peer !== 2 && peer !== 3))).toBe(4)
    expect(sparedOf(peers.filter(peer => peer > 4))).toBe(2)
  })
})

interface Surroundings {
  readonly reached: readonly number[]
  /** Whose the address 10.0.0.50 is. */
  readonly owner?: number
  readonly held?: readonly number[]
  readonly priced?: readonly number[]
  /** Of each peer. */
  readonly links?: number
  /** Each link's. */
  readonly greetedInMs?: number
}

function policyWith(
  links: number,
  linksMax: number,
  { reached, owner, held = [], priced = [], links: theirs = 0, greetedInMs = 0 }: Surroundings = { reached: [] },
): DialPolicy {
  const neighbours = new Neighbours(1)
  for (let i = 0; i < links; i++) {
    const link = new Link({ id: i, direction: 'outbound', remote: { ...FAR, port: 7000 + i }, now: 0 })
    link.greet(i + 2, 1n, FAR, greetedInMs)
    neighbours.add(link)
    neighbours.promote(link)
  }
  const cluster = {
    isReachable: (peer: number) => reached.includes(peer),
    hostCount: () => 30,
    linkCountOf: () => theirs,
    isHeld: (peer: number) => held.includes(peer),
    isPriced: (peer: number) => priced.includes(peer),
  }
  const addresses = { ownerOf: (key: string) => (key === '10.0.0.50:6783' ? owner : undefined) }
  return new DialPolicy({ self: 1, linksMax, addresses, neighbours, ...cluster })
}
