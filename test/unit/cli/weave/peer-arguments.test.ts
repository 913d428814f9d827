import { jest } from '@jest/globals'
import { parsePeers, peerForm, tellOfUnknown } from '../../../../src/cli/weave/peer-arguments.ts'

describe('peers on the command line', () => {
  it('are addresses of either family, those of IPv6 in brackets where a port follows', () => {
    const parsed = parsePeers(['192.0.2.1', '192.0.2.2:7000', '[2001:db8::1]:7000', '[2001:db8::2]', '2001:DB8::3'])
    expect(parsed.endpoints).toEqual([
      { ip: '192.0.2.1', port: 6783 },
      { ip: '192.0.2.2', port: 7000 },
      { ip: '2001:db8::1', port: 7000 },
      { ip: '2001:db8::2', port: 6783 },
      { ip: '2001:db8::3', port: 6783 },
    ])
    expect(peerForm(parsed).getAll('peer')).toEqual([
      '192.0.2.1:6783',
      '192.0.2.2:7000',
      '[2001:db8::1]:7000',
      '[2001:db8::2]:6783',
      '[2001:db8::3]:6783',
    ])
  })

  it('may be names, which stay names, and ports those of services (ARG-01)', () => {
    const parsed = parsePeers(
      ['Home.example.net', 'host-1:7000', 'shop:http', '192.0.2.1:https', '[2001:db8::1]:ssh'],
      7001,
    )
    expect(parsed.endpoints).toEqual([
      { ip: '192.0.2.1', port: 443 },
      { ip: '2001:db8::1', port: 22 },
    ])
    expect(peerForm(parsed).getAll('peer').slice(2)).toEqual(['home.example.net:7001', 'host-1:7000', 'shop:80'])
  })

  it.each([
    ...['', ':6783', '192.0.2', '192.0.2.256', '[2001:db8::1', '[2001:db8::1]:x', 'fe80::1%eth0', '192.0.2.1:0'],
    ...['192.0.2.1:70000', 'a:b:c', 'home:no-such-service', '-home', 'home/2'],
  ])('%j is refused', peer => {
    expect(() => parsePeers([peer])).toThrow(`'${peer}' is not a peer`)
    expect(() => parsePeers([peer])).toThrow(expect.objectContaining({ exitCode: 2 }))
  })

  it('are warned of when a name has no address: it may have been mistyped', async () => {
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    await tellOfUnknown(parsePeers(['localhost', '192.0.2.1', 'nobody.invalid']))
    expect(written.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(
        /^warning: the name 'nobody\.invalid' has no address \(E\w+\); it is looked up again and again/,
      ),
    ])
    written.mockRestore()
  })
})
