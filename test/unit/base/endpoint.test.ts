import fc from 'fast-check'
import { formatEndpoint, parseEndpoint } from '../../../src/base/endpoint.ts'
import { underlayIp } from '../core/wire/underlay-ip.ts'
import { acceptedBy, refusalBy } from './outcome.ts'

describe('endpoints', () => {
  it('a formatted endpoint reads back as itself, whatever the default port', () => {
    fc.assert(
      fc.property(underlayIp, fc.integer({ min: 1, max: 65535 }), fc.nat({ max: 65535 }), (ip, port, otherPort) => {
        expect(acceptedBy(parseEndpoint(formatEndpoint({ ip, port }), otherPort))).toEqual({ ip, port })
      }),
    )
  })

  it('takes the default port when none is written', () => {
    expect(acceptedBy(parseEndpoint('10.77.1.11', 6783))).toEqual({ ip: '10.77.1.11', port: 6783 })
  })

  it.each([
    ['[2001:db8::1]:6784', { ip: '2001:db8::1', port: 6784 }],
    ['[2001:DB8:0:0::1]', { ip: '2001:db8::1', port: 6783 }],
    ['2001:db8::1', { ip: '2001:db8::1', port: 6783 }],
    ['[::ffff:192.0.2.1]:7000', { ip: '192.0.2.1', port: 7000 }],
  ])('%j is read as one of IPv6, or as what it stands for', (text, endpoint) => {
    expect(acceptedBy(parseEndpoint(text, 6783))).toEqual(endpoint)
  })

  it.each([
    '',
    ':6783',
    '10.0.0.1:',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '10.0.0.1:123456',
    '10.0.0.1:x',
    'alpha:6783',
    '[192.0.2.1]:6783',
    '[2001:db8::1',
    '2001:db8::1]',
    '[2001:db8::1]:',
    '[2001:db8::1]:0',
    '[2001:db8::1]x',
    '[fe80::1%eth0]:6783',
    '2001:db8:::1',
  ])('%j is refused', text => {
    expect(refusalBy(parseEndpoint(text, 6783))).not.toBe('')
  })

  it('no text makes the parser throw', () => {
    fc.assert(fc.property(fc.string(), text => typeof parseEndpoint(text, 6783).ok === 'boolean'))
  })
})
