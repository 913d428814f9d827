import { describeRefusal } from '../../../../src/core/router/path-reasons.ts'

const LINK = {
  peer: 2,
  address: '10.0.0.2',
  isEncrypted: false,
  isOpen: false,
  isNarrow: false,
  forMs: 0,
  losses: 0,
  cost: 8,
  loss: 0,
}

describe('why a neighbour is not on the fast path', () => {
  it.each([
    ['an address that is not trusted', [], 'the address is in no trusted subnet'],
    ['silence over IPv6', [{ ...LINK, address: 'fd00::2' }], 'no answer on UDP 6784 of fd00::2'],
    ['silence', [LINK], 'no answer on UDP 6784 of 10.0.0.2'],
    ['silence after answers', [{ ...LINK, losses: 2 }], 'no answer on UDP 6784 of 10.0.0.2, lost 2 times'],
    ['silence in a tunnel', [{ ...LINK, isEncrypted: true }], 'no answer through WireGuard, UDP 6785'],
    [
      'a network that is too narrow',
      [{ ...LINK, isNarrow: true }],
      'frames as large as the bridge takes get no answer on UDP 6784 of 10.0.0.2, smaller ones do',
    ],
    [
      'silence on both ways',
      [LINK, { ...LINK, isEncrypted: true }],
      'no answer on UDP 6784 of 10.0.0.2, and no answer through WireGuard, UDP 6785',
    ],
  ])('is said of %s', (_, refused, reason) => {
    expect(describeRefusal(refused, { hasTunnels: false })).toBe(reason)
  })

  it('is said of a peer without WireGuard', () => {
    const reason = 'the address is in no trusted subnet, and the peer has no WireGuard'
    expect(describeRefusal([], { hasTunnels: true })).toBe(reason)
  })
})
