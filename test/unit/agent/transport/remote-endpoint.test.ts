import { remoteOf } from '../../../../src/agent/transport/remote-endpoint.ts'

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
