import { trustNotices } from '../../../../src/provision/plan/trust.ts'
import { host, inventory, planned, refusals } from '../inventories.ts'

const HOSTS = [host('a', { underlayAddresses: ['192.0.2.1'] }), host('b', { underlayAddresses: ['198.51.100.1'] })]

function planWith(settings: Parameters<typeof inventory>[1]) {
  return planned(HOSTS, { inventory: inventory(HOSTS, settings) })
}

function refusalsOf(settings: Parameters<typeof inventory>[1]) {
  return refusals(HOSTS, { inventory: inventory(HOSTS, settings) }).join('\n')
}

describe('networks where frames may go in the clear', () => {
  it('are none unless the inventory says so, and then nothing is said', () => {
    const plan = planWith({})
    expect(plan.trustedSubnets).toEqual([])
    expect(trustNotices(plan)).toEqual([])
  })

  it('are those that it names, each once, and the operator is told', () => {
    const plan = planWith({ trustedSubnets: ['192.0.2.0/24', '198.51.100.0/25', '192.0.2.0/24'] })
    expect(plan.trustedSubnets).toEqual(['192.0.2.0/24', '198.51.100.0/25'])
    expect(trustNotices(plan)).toEqual([expect.stringContaining('192.0.2.0/24, 198.51.100.0/25 go in the clear')])
  })

  it('may be of IPv6, where hosts are by their IPv6 addresses', () => {
    const hosts = [host('a', { underlayAddresses: ['192.0.2.1', '2001:db8::1'] }), host('b')]
    const settings = { trustedSubnets: ['2001:db8::/64', '2001:db8:1::/64'] }
    const plan = planned(hosts, { inventory: inventory(hosts, settings) })
    expect(plan.trustedSubnets).toEqual(settings.trustedSubnets)
    expect(trustNotices(plan)[1]).toBe('No host has an underlay address in 2001:db8:1::/64 (weave_trusted_subnets).')
  })

  it('are all without encryption, which is said loudly', () => {
    const plan = planWith({ isEncrypted: false })
    expect(plan.trustedSubnets).toEqual(['0.0.0.0/0', '::/0'])
    expect(trustNotices(plan)).toEqual([expect.stringMatching(/^NOTHING THAT CONTAINERS SEND IS ENCRYPTED/)])
  })

  it('where no host is are pointed out', () => {
    const notices = trustNotices(planWith({ trustedSubnets: ['192.0.2.0/24', '203.0.113.0/24'] }))
    expect(notices[1]).toBe('No host has an underlay address in 203.0.113.0/24 (weave_trusted_subnets).')
  })

  it.each([
    ['not networks', '192.0.2.1', 'is not a network in CIDR form'],
    ['addresses within networks', '192.0.2.1/24', 'did you mean 192.0.2.0/24?'],
    ['everything', '0.0.0.0/0', 'say so with weave_encryption: false'],
    ['everything of IPv6', '::/0', 'say so with weave_encryption: false'],
    ['addresses within IPv6 networks', '2001:db8::1/64', 'did you mean 2001:db8::/64?'],
    ['part of the overlay', '10.2.7.0/24', 'overlaps the overlay, weave_subnet 10.2.0.0/16'],
    ['around the overlay', '10.0.0.0/8', 'overlaps the overlay'],
  ])('that are %s are refused', (_, subnet, refusal) => {
    expect(refusalsOf({ trustedSubnets: ['192.0.2.0/24', subnet] })).toContain(refusal)
  })

  it('named while everything is trusted are refused', () => {
    expect(refusalsOf({ isEncrypted: false, trustedSubnets: ['192.0.2.0/24'] })).toContain('weave_encryption is false')
  })
})
