import fc from 'fast-check'
import { formatIpv4, ipv4FromNumber, parseIpv4 } from '../../../src/base/ipv4.ts'
import { acceptedBy, refusalBy } from './outcome.ts'

const anyAddress = fc.nat({ max: 0xffffffff }).map(ipv4FromNumber)

describe('IPv4 addresses', () => {
  it('a formatted address reads back as itself', () => {
    fc.assert(fc.property(anyAddress, address => acceptedBy(parseIpv4(formatIpv4(address))) === address))
  })

  it('any four octets are accepted, and formatted as they were written', () => {
    const octet = fc.nat({ max: 255 })
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), octets => {
        expect(formatIpv4(acceptedBy(parseIpv4(octets.join('.'))))).toBe(octets.join('.'))
      }),
    )
  })

  it.each([
    ['0.0.0.0', 0],
    ['10.2.0.1', 0x0a020001],
    ['128.0.0.0', 0x80000000],
    ['255.255.255.255', 0xffffffff],
  ])('%s is the number %i, never a negative one', (text, number) => {
    expect(acceptedBy(parseIpv4(text))).toBe(number)
    expect(formatIpv4(ipv4FromNumber(number))).toBe(text)
  })

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '1.2.3.999',
    '01.2.3.4',
    '1.2.3.08',
    '0x7f.0.0.1',
    '127.1',
    '2130706433',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '1.2.3.-4',
    '1.2.3.4/24',
    '١.٢.٣.٤',
    '::1',
  ])('%j is refused, and the refusal repeats it', text => {
    expect(refusalBy(parseIpv4(text))).toBe(`'${text}' is not an IPv4 address`)
  })

  it('no text makes the parser throw, and only canonical text is accepted', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.stringMatching(/^[0-9.]{0,16}$/)), text => {
        const parsed = parseIpv4(text)
        if (parsed.ok) expect(formatIpv4(parsed.value)).toBe(text)
      }),
    )
  })

  it('a number wraps at 32 bits', () => {
    expect(ipv4FromNumber(-1)).toBe(0xffffffff)
    expect(ipv4FromNumber(2 ** 32)).toBe(0)
  })
})
