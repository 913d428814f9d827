import { ADDRESSES_MAX } from '../../../../src/core/wire/peer-record.ts'
import { facts, host, lockOf, planned, refusals } from '../inventories.ts'

const KEY = Buffer.alloc(32, 3).toString('base64')
const ADDRESSES = [
  { interface: 'eth0', address: '203.0.113.7' },
  { interface: 'eth1', address: '10.0.0.7' },
  { interface: 'eth2', address: '172.16.0.7' },
]

const choosing = (name: string, cidrs: readonly string[], interfaceName?: string) =>
  host(name, { underlayAddresses: [], underlayChoice: { cidrs, interfaceName } })
const known = { a: facts({ addresses: ADDRESSES }) }

describe('the underlay address of a host with several', () => {
  it.each([
    [['10.0.0.0/8'], undefined, ['10.0.0.7']],
    [['172.16.0.0/12', '10.0.0.0/8'], undefined, ['172.16.0.7', '10.0.0.7']],
    [[], 'eth2', ['172.16.0.7']],
    [['0.0.0.0/0'], 'eth0', ['203.0.113.7']],
  ])('is chosen by network %j and interface %s', (cidrs, interfaceName, expected) => {
    const plan = planned([choosing('a', cidrs, interfaceName)], { facts: known })
    expect(plan.hosts[0]?.underlayAddresses).toEqual(expected)
    expect(plan.lock.hosts[0]?.underlay).toEqual(expected)
  })

  it('is the first of many: a router can tell the others of so many', () => {
    const addresses = Array.from({ length: 300 }, (_, i) => ({
      interface: 'eth0',
      address: `10.0.${i >> 8}.${i & 255}`,
    }))
    for (const cidrs of [[], ['10.0.0.0/8']]) {
      const plan = planned([choosing('a', cidrs, 'eth0')], { facts: { a: facts({ addresses }) } })
      expect(plan.hosts[0]?.underlayAddresses).toEqual(addresses.slice(0, ADDRESSES_MAX).map(({ address }) => address))
    }
  })

  it('is refused when none fits, with those that it has', () => {
    expect(refusals([choosing('a', ['192.168.0.0/16'])], { facts: known })).toEqual([
      expect.stringMatching(
        /no address in 192\.168\.0\.0\/16: it has 203\.0\.113\.7 on eth0, 10\.0\.0\.7 on eth1.*weave_underlay_cidr/,
      ),
    ])
    expect(refusals([choosing('a', ['10.0.0/8'])], { facts: known }).join()).toContain('weave_underlay_cidr of host')
  })

  it('is that of the lock while the host is not asked, so others can be changed alone', () => {
    const lock = lockOf({ a: 1, b: 2 })
    const hosts = [{ ...lock.hosts[0]!, publicKey: KEY, underlay: ['10.0.0.7'] }, lock.hosts[1]!]
    const plan = planned([choosing('a', ['10.0.0.0/8']), host('b')], { lock: { ...lock, hosts } })
    expect(plan.hosts[1]?.targets).toEqual(['10.0.0.7:6783'])
    expect(plan.lock.hosts[0]?.underlay).toEqual(['10.0.0.7'])
  })

  it('is not there before the host was ever asked, and refused for one that is a member already', () => {
    const fresh = planned([choosing('a', ['10.0.0.0/8']), host('b')])
    expect(fresh.hosts.map(({ targets }) => targets.length)).toEqual([1, 0])
    const lock = lockOf({ a: 1 })
    const member = { ...lock, hosts: [{ ...lock.hosts[0]!, publicKey: KEY }] }
    expect(refusals([choosing('a', ['10.0.0.0/8'])], { lock: member })).toEqual([
      expect.stringContaining('has not been asked'),
    ])
  })

  it('is the one that the inventory names, whatever the host has', () => {
    const named = { ...choosing('a', ['10.0.0.0/8']), underlayAddresses: ['198.51.100.1'] }
    const plan = planned([named], { facts: known })
    expect([plan.hosts[0]?.underlayAddresses, plan.lock.hosts[0]?.underlay]).toEqual([['198.51.100.1'], undefined])
  })
})
