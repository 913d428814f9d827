import { type FastPathStatus, fastUseOf } from '../../../../src/core/router/fast-path-status.ts'

type Link = FastPathStatus['links'][number]

const CLEAR: Link = {
  peer: 2,
  address: '10.0.0.2',
  isEncrypted: false,
  isOpen: true,
  isNarrow: false,
  forMs: 0,
  losses: 0,
  cost: 8,
  loss: 0,
}
const SEALED: Link = { ...CLEAR, address: '169.254.96.2', isEncrypted: true }
const [NO_CLEAR, NO_SEALED] = [CLEAR, SEALED].map(link => ({ ...link, isOpen: false })) as [Link, Link]
const OTHERS: Link = { ...NO_CLEAR, peer: 3 }

describe('how a neighbour is reached on the fast path', () => {
  it.each([
    ['in the clear, though there is a tunnel', [CLEAR, SEALED], false, { way: 'clear', refused: [] }],
    ['in the clear, though there is no tunnel', [CLEAR, NO_SEALED], false, { way: 'clear', refused: [] }],
    ['in the tunnel, as the clear way does not work', [NO_CLEAR, SEALED], true, { way: 'sealed', refused: [NO_CLEAR] }],
    ['in the tunnel, as the other end says so', [CLEAR, SEALED], true, { way: 'sealed', refused: [] }],
    ['in the tunnel, the only way', [SEALED], true, { way: 'sealed', refused: [] }],
    ['over a relay, and not in the tunnel', [NO_CLEAR, SEALED], false, { way: 'relayed', refused: [NO_CLEAR] }],
    ['over a relay, though no way there is trusted', [SEALED], false, { way: 'relayed', refused: [] }],
    ['over a relay, without a link', [], false, { way: 'relayed', refused: [] }],
    ['in the clear, as this end alone has proved', [CLEAR, NO_SEALED], undefined, { way: 'clear', refused: [] }],
    [
      'in the tunnel, as this end alone has proved',
      [NO_CLEAR, SEALED],
      undefined,
      { way: 'sealed', refused: [NO_CLEAR] },
    ],
    ['on no way', [NO_CLEAR, NO_SEALED], undefined, { way: undefined, refused: [NO_CLEAR, NO_SEALED] }],
  ] as const)('is told: %s', (_, links, isEncrypted, use) => {
    expect(fastUseOf(2, statusOf(links, isEncrypted))).toEqual(use)
  })
})

/** `isEncrypted`: as frames to the peer go; undefined: they take the sleeve. */
function statusOf(links: readonly Link[], isEncrypted: boolean | undefined): FastPathStatus {
  return {
    trusted: [],
    hasTunnels: true,
    changes: 0,
    wayChanges: 0,
    links: [OTHERS, ...links],
    peers: isEncrypted === undefined ? [] : [{ peer: 2, hops: 1, isEncrypted }],
  }
}
