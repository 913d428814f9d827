import { remoteOf, strangerAt } from '../../../../src/agent/transport/remote-endpoint.ts'

describe('who is at the other end of a socket', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    [undefined, ''],
  ])('%s is %j', (remoteAddress, ip) => {
    expect(remoteOf({ remoteAddress, remotePort: 7 })).toEqual({ ip, port: 7 })
  })
})

describe('a stranger', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['', ''],
  ])('at %j is counted as %j', (ip, stranger) => expect(strangerAt(ip)).toBe(stranger))
})
