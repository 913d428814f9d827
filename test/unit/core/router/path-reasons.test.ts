import { describeRefusal } from '../../../../src/core/router/path-reasons.ts'

const LINK = { peer: 2, address: '10.0.0.2', isEncrypted: false, isOpen: false, isNarrow: false, forMs: 0, losses: 0 }

describe('why a neighbour is not on the fast path', () => {
  it.each([
    ['an address that is not trusted', undefined, '10.0.0.2', 'the address is in no trusted subnet'],
    ['IPv6', undefined, 'fd00::2', 'it takes IPv4 only, and the peer has no trusted IPv4 address'],
    ['silence', LINK, '10.0.0.2', 'no answer on UDP 6784 of 10.0.0.2'],
    ['silence after answers', { ...LINK, losses: 2 }, '10.0.0.2', 'no answer on UDP 6784 of 10.0.0.2, lost 2 times'],
    ['silence in a tunnel', { ...LINK, isEncrypted: true }, '10.0.0.2', 'no answer through WireGuard, UDP 6785'],
    [
      'a network that is too narrow',
      { ...LINK, isNarrow: true },
      '10.0.0.2',
      'frames as large as the bridge takes get no answer on UDP 6784 of 10.0.0.2, smaller ones do',
    ],
  ])('is said of %s', (_, link, ip, reason) => {
    expect(describeRefusal(link, ip, { hasTunnels: false })).toBe(reason)
  })

  it('is said of a peer without WireGuard', () => {
    const reason = 'the address is in no trusted subnet, and the peer has no WireGuard'
    expect(describeRefusal(undefined, 'fd00::2', { hasTunnels: true })).toBe(reason)
  })
})
