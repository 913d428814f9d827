import { describePaths, formatPaths } from '../../../../src/agent/http/path-text.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import type { PeerStatus, RouterStatus } from '../../../../src/core/router/index.ts'

const NAMES = [1, 2, 3, 4].map(i => `02:00:00:00:00:0${i}` as PeerName)

const STATUS = {
  peers: [
    peer(1, { isSelf: true }),
    peer(2, {
      path: { kind: 'direct', reason: 'there is a link', forMs: 61_000, roundTripMs: 0.42, loss: 0.25 },
      hops: 1,
    }),
    peer(3, {
      path: { kind: 'relayed', reason: 'no answer at 3 addresses', forMs: 5_000 },
      nextHop: NAMES[1]!,
      hops: 2,
    }),
    peer(4, { isReachable: false }),
  ],
} as unknown as RouterStatus

describe('the page of paths', () => {
  it('says of each peer the way, through whom, since when, why, and what was measured', () => {
    const text = formatPaths(describePaths(STATUS, { sleeve: [{ peer: 2, sentBytes: 120_000, receivedBytes: 999 }] }))
    expect(text.split('\n').map(line => line.replace(/ +/g, ' '))).toEqual([
      '02:00:00:00:00:02(h2) direct for 1 min 0.4 ms loss 25 % sent 120 kB received 999 B there is a link',
      '02:00:00:00:00:03(h3) relayed via h2 for 5 s - - - - no answer at 3 addresses',
      '02:00:00:00:00:04(h4) none - - - - - no path of established links leads there',
      '',
    ])
  })

  it('names the fast path where the kernel carries the frames', () => {
    const fastPath = {
      trusted: [],
      hasTunnels: false,
      changes: 0,
      wayChanges: 1,
      links: [],
      peers: [{ peer: 2, hops: 1, isEncrypted: false }],
    }
    const [first, second] = describePaths({ ...STATUS, fastPath } as RouterStatus, { sleeve: [] })
    expect(first).toMatchObject({ kind: 'fast', reason: 'every hop is on the fast path', forMs: 61_000 })
    expect(second).toMatchObject({ kind: 'relayed', via: 'h2', hops: 2 })
  })

  it('adds what the kernel has carried to what was sealed', () => {
    const sleeve = [{ peer: 2, sentBytes: 1000, receivedBytes: 2000 }]
    const carried = { framesSent: 1, bytesSent: 30, framesReceived: 2, bytesReceived: 40 }
    const fast = { 2: { ...carried, relayed: { frames: 7, bytes: 700 } } }
    const [first, second] = describePaths(STATUS, { sleeve, fast })
    expect(first).toMatchObject({ bytesSent: 1030, bytesReceived: 2040 })
    expect(second).not.toHaveProperty('bytesSent')
    expect(describePaths(STATUS, { sleeve: [], fast })[0]).toMatchObject({ bytesSent: 30, bytesReceived: 40 })
  })
})

function peer(number: number, more: Partial<PeerStatus>): PeerStatus {
  const name = NAMES[number - 1]!
  const rest = { isSelf: false, isReachable: true, connections: [] }
  return { name, nickname: `h${number}`, shortId: number, ...rest, ...more }
}
