import fc from 'fast-check'
import {
  bytesOfIpAddress,
  canonicalIp,
  formatIpAddress,
  formatIpNetwork,
  ipAddressOfBytes,
  isLinkLocal,
  isOfOneHost,
  lastOf,
  networkContains,
  parseIpAddress,
  parseIpNetwork,
  parseIpOnNetwork,
} from '../../../src/base/ip-address.ts'
import { acceptedBy } from './outcome.ts'

describe('IP addresses of both families', () => {
  it('read what they write', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 128n) - 1n), value => {
        expect(parseIpAddress(formatIpAddress(value))).toEqual({ ok: true, value })
      }),
    )
  })

  it.each([
    ['fe80::1', true],
    ['febf:ffff::1', true],
    ['fec0::1', false],
    ['2001:db8::fe80', false],
    ['169.254.0.1', false],
  ])('%s says something on its own network only: %s', (text, isLocal) => {
    const parsed = parseIpAddress(text)
    expect(parsed.ok && isLinkLocal(parsed.value)).toBe(isLocal)
  })

  it('of IPv6 are their bytes', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 128n) - 1n), value => {
        expect(ipAddressOfBytes(bytesOfIpAddress(value))).toBe(value)
      }),
    )
    expect(Buffer.from(bytesOfIpAddress(acceptedBy(parseIpAddress('2001:db8::1')))).toString('hex')).toBe(
      '20010db8000000000000000000000001',
    )
  })

  it.each([
    ['192.0.2.1', true],
    ['240.0.0.1', true],
    ['0.0.0.0', false],
    ['127.1.2.3', false],
    ['239.255.255.255', false],
    ['255.255.255.255', false],
    ['2001:db8::1', true],
    ['fe80::1', true],
    ['::', false],
    ['::1', false],
    ['ff02::1', false],
  ])('%s is of one host elsewhere: %s', (text, isOne) => {
    expect(isOfOneHost(acceptedBy(parseIpAddress(text)))).toBe(isOne)
  })

  it('have one form in which equal addresses are equal texts, which leaves alone what is no address', () => {
    expect(['2001:DB8:0::1', '::ffff:10.2.0.1', 'alpha', ''].map(canonicalIp)).toEqual([
      '2001:db8::1',
      '10.2.0.1',
      'alpha',
      '',
    ])
  })

  it.each([
    ['10.2.0.1', '10.2.0.1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['fd00::', 'fd00::'],
    ['::ffff:10.2.0.1', '10.2.0.1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:0:1:1:1:1:1:1', '2001:0:1:1:1:1:1:1'],
  ])('%s is written %s', (text, written) => {
    const parsed = parseIpAddress(text)
    expect(parsed.ok && formatIpAddress(parsed.value)).toBe(written)
  })

  it.each([
    '',
    '10.2.0',
    '10.2.0.256',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'g::',
    '12345::',
    '::1.2.3',
  ])('%j is refused', text => {
    expect(parseIpAddress(text).ok).toBe(false)
  })

  it('know networks, their last address and what is in them', () => {
    const parsed = parseIpNetwork('10.2.4.0/22')
    if (!parsed.ok) throw new Error(parsed.error)
    expect(formatIpNetwork(parsed.value)).toBe('10.2.4.0/22')
    expect(formatIpAddress(lastOf(parsed.value))).toBe('10.2.7.255')
    expect(networkContains(parsed.value, lastOf(parsed.value))).toBe(true)
    expect(networkContains(parsed.value, lastOf(parsed.value) + 1n)).toBe(false)
    expect(parseIpNetwork('fd00::/64').ok).toBe(true)
    expect(parseIpOnNetwork('10.2.0.1/33').ok).toBe(false)
    expect(parseIpOnNetwork('fd00::1/129').ok).toBe(false)
    expect(parseIpNetwork('10.2.1.7/24')).toEqual({
      ok: false,
      error: "'10.2.1.7/24' has host bits set: did you mean 10.2.1.0/24?",
    })
  })
})
