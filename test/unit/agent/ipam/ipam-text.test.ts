import { formatIpam } from '../../../../src/agent/ipam/ipam-text.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import type { IpamStatus } from '../../../../src/core/router/index.ts'

const [ALPHA, BRAVO, CHARLIE] = [1, 2, 3].map(i => `02:00:00:00:00:0${i}` as PeerName) as [PeerName, PeerName, PeerName]
const NICKNAMES = new Map([
  [ALPHA as string, 'alpha'],
  [BRAVO as string, 'bravo'],
])

describe('the page of addresses (STAT-07)', () => {
  it('has a line for each owner, this one first, in the columns of the original', () => {
    const peers = [
      peer(CHARLIE, 4000n, { isReachable: false }),
      peer(ALPHA, 32_768n),
      peer(BRAVO, 28_672n, { isSelf: true }),
    ]
    expect(formatIpam(status(peers), NICKNAMES)).toBe(
      [
        '02:00:00:00:00:02(bravo)                 28672 IPs (43.8% of total) (7 active)',
        '02:00:00:00:00:01(alpha)                 32768 IPs (50.0% of total)',
        '02:00:00:00:00:03()                       4000 IPs (06.1% of total) - unreachable!',
        '',
      ].join('\n'),
    )
  })

  it('says when the space of a lost peer is taken over', () => {
    const lost = peer(CHARLIE, 65_536n, { isReachable: false, takenOverInMs: 61_000 })
    expect(formatIpam(status([lost]), NICKNAMES)).toMatch(/\(100\.0% of total\) - unreachable! taken over in 2 min\n$/)
  })

  it('says of space without an owner what it waits for, and what to do', () => {
    const own = peer(BRAVO, 32_768n, { isSelf: true })
    const ownerless = { addresses: 12n, waitsFor: [ALPHA, CHARLIE] }
    expect(formatIpam({ ...status([own]), ownerless }, NICKNAMES).split('\n')[1]).toBe(
      "12 IPs of this host's range have no owner, and wait for hosts of which nothing is known: 02:00:00:00:00:01(alpha), 02:00:00:00:00:03(): start them, or 'npx weave-provision remove HOST' on the control machine",
    )
  })

  it('has the state where nobody owns anything', () => {
    expect(formatIpam(status([]), NICKNAMES)).toBe('awaiting consensus (quorum: 2, known: 1)\n')
  })
})

function peer(
  name: PeerName,
  addresses: bigint,
  more: Partial<IpamStatus['peers'][number]> = {},
): IpamStatus['peers'][number] {
  return { name, ranges: [], addresses, free: 0n, isReachable: true, isSelf: false, ...more }
}

function status(peers: IpamStatus['peers']): IpamStatus {
  const counts = { active: 7, pendingAllocates: 0, pendingClaims: 0 }
  const state = 'awaiting consensus (quorum: 2, known: 1)'
  return { state, isReady: false, universe: [], total: 65_536n, peers, disputed: [], ...counts }
}
