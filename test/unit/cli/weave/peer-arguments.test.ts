import { peerForm, resolvePeers } from '../../../../src/cli/weave/peer-arguments.ts'

describe('peers on the command line', () => {
  it('are addresses of either family, those of IPv6 in brackets where a port follows', async () => {
    const peers = ['192.0.2.1', '192.0.2.2:7000', '[2001:db8::1]:7000', '[2001:db8::2]', '2001:DB8::3']
    const resolved = await resolvePeers(peers)
    expect(resolved).toEqual([
      { ip: '192.0.2.1', port: 6783 },
      { ip: '192.0.2.2', port: 7000 },
      { ip: '2001:db8::1', port: 7000 },
      { ip: '2001:db8::2', port: 6783 },
      { ip: '2001:db8::3', port: 6783 },
    ])
    expect(peerForm(resolved).getAll('peer')).toEqual([
      '192.0.2.1:6783',
      '192.0.2.2:7000',
      '[2001:db8::1]:7000',
      '[2001:db8::2]:6783',
      '[2001:db8::3]:6783',
    ])
  })

  it.each(['', ':6783', '192.0.2', '192.0.2.256', '[2001:db8::1', '[2001:db8::1]:x', 'fe80::1%eth0', '192.0.2.1:0'])(
    '%j is refused',
    async peer => {
      await expect(resolvePeers([peer])).rejects.toThrow(`'${peer}' is not a peer`)
    },
  )
})
