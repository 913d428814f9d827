import { Link } from '../../../../src/core/mesh/link.ts'
import { NAMED_AGAIN_MS, PeerClocks, SKEW_NOTICED_MS } from '../../../../src/core/router/peer-clocks.ts'
import { CLOCKS_SINCE, decodeMessage } from '../../../../src/core/wire/link-message.ts'

const PEER = 7
const OURS = 1_700_000_000_000

describe('the clocks of peers', () => {
  it('are told to routers that speak of them, and to no others: to those it would be a broken message', () => {
    const { clocks, emitted } = create()
    for (const protocol of [CLOCKS_SINCE - 1, CLOCKS_SINCE]) clocks.tell(linkOf(protocol))
    expect(emitted).toEqual([{ ok: true, value: { kind: 'clock', clockMs: BigInt(OURS) } }])
  })

  it('are named no more often when they go to and fro', () => {
    const { clocks, logged } = create()
    const skewed = BigInt(OURS + SKEW_NOTICED_MS)
    for (let now = 0; now < 2 * NAMED_AGAIN_MS; now += 1_000) {
      clocks.heard(PEER, (now / 1_000) % 2 === 0 ? skewed : BigInt(OURS), now)
    }
    expect(logged.filter(message => message.includes('is ahead'))).toHaveLength(2)
  })

  it('are what they are said to be, up to the end of time', () => {
    const { clocks, logged } = create()
    clocks.heard(PEER, 0n, 0)
    expect(clocks.aheadMsOf(PEER)).toBe(-OURS)
    clocks.heard(PEER, 2n ** 64n - 1n, 1)
    expect(clocks.aheadMsOf(PEER)).toBeGreaterThan(2 ** 63)
    expect(logged).toEqual(['the clock of a peer is behind'])
  })

  it('are forgotten with the peer', () => {
    const { clocks } = create()
    clocks.heard(PEER, 0n, 0)
    clocks.forget(PEER)
    expect(clocks.aheadMsOf(PEER)).toBeUndefined()
  })
})

function create() {
  const emitted: unknown[] = []
  const logged: string[] = []
  const clocks = new PeerClocks({
    options: { wallClock: () => OURS },
    announcements: { peer: () => undefined },
    emit: output => output.kind === 'link-send' && emitted.push(decodeMessage(output.bytes.subarray(4))),
    log: (_, message) => logged.push(message),
  })
  return { clocks, emitted, logged }
}

function linkOf(protocol: number): Link {
  const link = new Link({ id: 1, direction: 'inbound', remote: { ip: '192.0.2.1', port: 6783 }, now: 0 })
  link.protocol = protocol
  return link
}
