import fc from 'fast-check'
import {
  type Cidr,
  contains,
  encloses,
  formatCidr,
  formatInterfaceAddress,
  networkOf,
  overlaps,
  parseCidr,
  parseInterfaceAddress,
  sizeOf,
} from '../../../src/base/cidr.ts'
import { formatIpv4, ipv4FromNumber, parseIpv4 } from '../../../src/base/ipv4.ts'
import { acceptedBy, refusalBy } from './outcome.ts'

const anyAddress = fc.nat({ max: 0xffffffff }).map(ipv4FromNumber)
const anyPrefix = fc.nat({ max: 32 })
const anyCidr = fc
  .tuple(anyAddress, anyPrefix)
  .map(([address, prefix]): Cidr => ({ network: networkOf(address, prefix), prefix }))
const nearbyCidr = fc
  .tuple(fc.nat({ max: 1023 }), fc.integer({ min: 22, max: 32 }))
  .map(([low, prefix]): Cidr => ({ network: networkOf(ipv4FromNumber(0x0a020000 + low), prefix), prefix }))

const cidr = (text: string) => acceptedBy(parseCidr(text))
const ip = (text: string) => acceptedBy(parseIpv4(text))

describe('networks', () => {
  it('a formatted network reads back as itself', () => {
    fc.assert(fc.property(anyCidr, network => expect(cidr(formatCidr(network))).toEqual(network)))
  })

  it('a formatted interface address reads back as itself, host bits and all', () => {
    fc.assert(
      fc.property(anyAddress, anyPrefix, (address, prefix) => {
        const text = formatInterfaceAddress({ address, prefix })
        expect(acceptedBy(parseInterfaceAddress(text))).toEqual({ address, prefix })
      }),
    )
  })

  it('host bits are refused with the network that was probably meant', () => {
    expect(refusalBy(parseCidr('10.2.1.7/24'))).toBe("'10.2.1.7/24' has host bits set: did you mean 10.2.1.0/24?")
    expect(refusalBy(parseCidr('128.0.0.1/0'))).toContain('did you mean 0.0.0.0/0?')
  })

  it.each([
    '',
    '10.2.0.0',
    '10.2.0.0/',
    '10.2.0.0/33',
    '10.2.0.0/-1',
    '10.2.0.0/ 8',
    '10.2/16',
    '/16',
    'a/8',
    '10.2.0.0/8/8',
  ])('%j is refused', text => {
    expect(refusalBy(parseCidr(text))).toBe(`'${text}' is not a network in CIDR form`)
    expect(refusalBy(parseInterfaceAddress(text))).toContain('is not an address with a prefix length')
  })

  it.each([
    ['0.0.0.0/0', 4294967296],
    ['10.2.0.0/16', 65536],
    ['10.2.1.0/24', 256],
    ['10.2.1.4/32', 1],
  ])('%s has %i addresses', (text, size) => {
    expect(sizeOf(cidr(text))).toBe(size)
  })

  it('a network contains its first and its last address, and not the ones beside them', () => {
    const network = cidr('10.2.1.0/24')
    expect(['10.2.0.255', '10.2.1.0', '10.2.1.255', '10.2.2.0'].map(text => contains(network, ip(text)))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('everything is in 0.0.0.0/0, and a /32 holds one address', () => {
    fc.assert(fc.property(anyAddress, address => contains(cidr('0.0.0.0/0'), address)))
    fc.assert(fc.property(anyAddress, anyAddress, (a, b) => contains({ network: a, prefix: 32 }, b) === (a === b)))
  })

  it('an address is in the network that networkOf gives, for each prefix', () => {
    fc.assert(
      fc.property(anyAddress, anyPrefix, (address, prefix) => {
        expect(contains({ network: networkOf(address, prefix), prefix }, address)).toBe(true)
      }),
    )
  })

  it('two networks overlap exactly when they share an address', () => {
    fc.assert(
      fc.property(nearbyCidr, nearbyCidr, (a, b) => {
        const shares = addressesOf(a).some(address => contains(b, address))
        expect(overlaps(a, b)).toBe(shares)
        expect(overlaps(b, a)).toBe(shares)
      }),
    )
  })

  it('a network encloses another exactly when it holds all its addresses', () => {
    fc.assert(
      fc.property(nearbyCidr, nearbyCidr, (outer, inner) => {
        expect(encloses(outer, inner)).toBe(addressesOf(inner).every(address => contains(outer, address)))
      }),
    )
  })

  it('formats a network as it was written', () => {
    expect(formatCidr(cidr('10.2.0.0/16'))).toBe('10.2.0.0/16')
    expect(formatIpv4(networkOf(ip('10.2.1.7'), 24))).toBe('10.2.1.0')
  })
})

function addressesOf(network: Cidr) {
  return Array.from({ length: sizeOf(network) }, (_, i) => ipv4FromNumber(network.network + i))
}
