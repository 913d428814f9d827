import { formatLock, parseLock } from '../../../../src/provision/lock/lock-text.ts'
import { acceptedBy } from '../../base/outcome.ts'
import { host, inventory, planned, refusals } from '../inventories.ts'

const HOSTS = [host('a', { underlayAddresses: ['192.0.2.1'] }), host('b', { underlayAddresses: ['198.51.100.1'] })]

describe('ranges that the inventory adds', () => {
  it('are none unless it says so', () => {
    expect(planned(HOSTS).addedRanges).toEqual([])
  })

  it('are in the plan, of either family, each once and in one spelling', () => {
    const addedRanges = ['10.9.0.0/16', 'FD00:9:0::/64', '10.9.0.0/16']
    expect(planned(HOSTS, { inventory: inventory(HOSTS, { addedRanges }) }).addedRanges).toEqual([
      '10.9.0.0/16',
      'fd00:9::/64',
    ])
  })

  it('take as little as four addresses for each number that a host can have', () => {
    const addedRanges = ['10.9.0.0/22', 'fd00:9::/118']
    expect(planned(HOSTS, { inventory: inventory(HOSTS, { addedRanges }) }).addedRanges).toEqual(addedRanges)
  })

  it.each([
    ['no networks', ['10.9.0.0'], 'is not a network in CIDR form'],
    ['addresses within networks', ['10.9.0.1/16'], 'did you mean 10.9.0.0/16?'],
    ['a part of the subnet', ['10.2.3.0/24'], '10.2.3.0/24 overlaps 10.2.0.0/16'],
    ['more than the subnet', ['10.0.0.0/8'], '10.0.0.0/8 overlaps 10.2.0.0/16'],
    ['a part of another', ['10.9.0.0/16', '10.9.4.0/22'], '10.9.4.0/22 overlaps 10.9.0.0/16'],
    ['too small', ['10.9.0.0/23'], '10.9.0.0/23 is too small to be cut into 256 shares'],
    ['too small, of IPv6', ['fd00:9::/119'], 'fd00:9::/119 is too small to be cut into 256 shares'],
    ['the underlay', ['192.0.0.0/16'], "underlay address 192.0.2.1 of host 'a' lies in 192.0.0.0/16"],
    ['too many', Array.from({ length: 65 }, (_, i) => `10.${i + 9}.0.0/16`), 'has more than 64'],
  ])('are refused when they are %s', (_, addedRanges, expected) => {
    expect(refusals(HOSTS, { inventory: inventory(HOSTS, { addedRanges }) }).join('\n')).toContain(expected)
  })

  it('stay once they were added', () => {
    const withTwo = planned(HOSTS, { inventory: inventory(HOSTS, { addedRanges: ['10.9.0.0/16', '10.10.0.0/16'] }) })
    const lock = acceptedBy(parseLock(formatLock(withTwo.lock)))
    const settings = { inventory: inventory(HOSTS, { addedRanges: ['10.10.0.0/16'] }), lock }
    expect(refusals(HOSTS, settings).join('\n')).toContain(
      'weave_added_ranges lacks 10.9.0.0/16, which was added before',
    )
    const withThree = inventory(HOSTS, { addedRanges: ['10.9.0.0/16', '10.10.0.0/16', '10.11.0.0/16'] })
    expect(planned(HOSTS, { inventory: withThree, lock }).addedRanges).toHaveLength(3)
  })

  it('are refused with the smallest that would do', () => {
    const settings = { inventory: inventory(HOSTS, { addedRanges: ['10.9.0.0/23'] }) }
    expect(refusals(HOSTS, settings).join('\n')).toContain('/22 or wider')
  })
})
