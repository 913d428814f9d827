import { TunnelPeers } from '../../../../src/agent/fastpath/tunnel-peers.ts'
import { ipv4FromNumber } from '../../../../src/base/ipv4.ts'
import type { TunnelPeer } from '../../../../src/core/router/index.ts'

const ADDRESS = ipv4FromNumber(0xa9fe6002)
const key = (fill: number) => new Uint8Array(32).fill(fill)
const PEER: TunnelPeer = {
  address: ADDRESS,
  publicKey: key(2),
  presharedKey: key(20),
  endpoint: { ip: '192.0.2.2', port: 6785 },
}

describe('the peers of a WireGuard device', () => {
  it('are added with all that is known of them, and then left alone', () => {
    const peers = new TunnelPeers({ publicKey: key(1), peers: [] })
    const { publicKey, presharedKey, endpoint } = PEER
    expect(peers.changesTo([PEER], [])).toEqual([{ kind: 'set', publicKey, presharedKey, endpoint, address: ADDRESS }])
    peers.changed([PEER], [])
    expect(peers.changesTo([PEER], [])).toEqual([])
  })

  it('get a renewed key, or another place, and nothing else', () => {
    const peers = new TunnelPeers({ publicKey: key(1), peers: [] })
    peers.changed([PEER], [])
    const renewed = { ...PEER, presharedKey: key(21) }
    expect(peers.changesTo([renewed], [])).toEqual([{ kind: 'set', publicKey: key(2), presharedKey: key(21) }])
    const moved = { ...PEER, endpoint: { ip: '192.0.2.3', port: 6785 } }
    expect(peers.changesTo([moved], [])).toEqual([{ kind: 'set', publicKey: key(2), endpoint: moved.endpoint }])
  })

  it('that an earlier agent left keep their address, which is not set again', () => {
    const peers = new TunnelPeers({ publicKey: key(1), peers: [{ publicKey: key(2), addresses: [ADDRESS] }] })
    expect(peers.changesTo([], [ADDRESS])).toEqual([])
    const { publicKey, presharedKey, endpoint } = PEER
    expect(peers.changesTo([PEER], [])).toEqual([{ kind: 'set', publicKey, presharedKey, endpoint }])
  })

  it('go when they are not wanted, and before another has their address', () => {
    const peers = new TunnelPeers({ publicKey: key(1), peers: [{ publicKey: key(2), addresses: [ADDRESS] }] })
    expect(peers.changesTo([], [])).toEqual([{ kind: 'remove', publicKey: key(2) }])
    const other = { ...PEER, publicKey: key(3) }
    expect(peers.changesTo([other], [ADDRESS]).map(({ kind }) => kind)).toEqual(['remove', 'set'])
    peers.changed([], [])
    expect(peers.changesTo([], [])).toEqual([])
  })
})
