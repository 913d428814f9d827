import { ADDRESSES_MAX } from '../../../../src/core/wire/peer-record.ts'
import type { InventoryHost } from '../../../../src/provision/plan/inventory.ts'
import { facts, host, inventory, lockOf, planned, refusals } from '../inventories.ts'

const KEY = 'A'.repeat(43).concat('=')

describe('a plan', () => {
  it('gives host N the bridge 10.2.0.N/16 and the range 10.2.N.0/24', () => {
    const [first, second] = planned([host('a'), host('b')]).hosts
    expect(first).toMatchObject({ name: 'a', index: 1, bridgeAddress: '10.2.0.1/16', containerRange: '10.2.1.0/24' })
    expect(second).toMatchObject({ name: 'b', index: 2, bridgeAddress: '10.2.0.2/16', containerRange: '10.2.2.0/24' })
  })

  it('never gives away range 0, where every bridge address lies (trap 2.7)', () => {
    const hosts = Array.from({ length: 255 }, (_, i) => host(`h${i}`, { underlayAddresses: [`192.168.0.${i}`] }))
    const plan = planned(hosts)
    expect(plan.hosts.map(({ containerRange }) => containerRange)).not.toContain('10.2.0.0/24')
    expect(plan.hosts.at(-1)).toMatchObject({ bridgeAddress: '10.2.0.255/16', containerRange: '10.2.255.0/24' })
  })

  it('follows weave_subnet and weave_container_prefix', () => {
    const input = { inventory: inventory([host('a', { index: 3 })], { subnet: '10.32.0.0/12', containerPrefix: 20 }) }
    expect(planned([], input).hosts[0]).toMatchObject({
      bridgeAddress: '10.32.0.3/12',
      containerRange: '10.32.48.0/20',
    })
  })

  it('refuses a weave_subnet with host bits, and names the network that was meant', () => {
    const input = { inventory: inventory([host('a')], { subnet: '10.40.0.0/12' }) }
    expect(refusals([], input)[0]).toContain('did you mean 10.32.0.0/12?')
  })

  it('lets everybody dial everybody else, under all addresses of a host with several', () => {
    const relay = host('relay', { underlayAddresses: ['10.77.1.13', '10.77.2.13'], port: 7000 })
    const plan = planned([host('a', { underlayAddresses: ['10.77.1.11'] }), relay])
    expect(plan.hosts.map(({ targets }) => targets)).toEqual([
      ['10.77.1.13:7000', '10.77.2.13:7000'],
      ['10.77.1.11:6783'],
    ])
  })

  it('takes hosts of either family, and of both', () => {
    const hosts = [
      host('a', { underlayAddresses: ['2001:db8::11', '10.77.1.11'] }),
      host('b', { underlayAddresses: ['2001:db8::12'], peers: ['a', '[2001:db8::9]:99', '2001:db8::8'] }),
    ]
    const plan = planned(hosts)
    expect(plan.hosts.map(({ targets }) => targets)).toEqual([
      ['[2001:db8::12]:6783'],
      ['[2001:db8::11]:6783', '10.77.1.11:6783', '[2001:db8::9]:99', '[2001:db8::8]:6783'],
    ])
    expect(plan.hosts.map(({ underlayAddresses }) => underlayAddresses)).toEqual(hosts.map(h => h.underlayAddresses))
  })

  it('takes peers from the inventory when it names them: addresses, or hosts by name', () => {
    const peers = ['b', '192.0.2.9', '192.0.2.8:99']
    const plan = planned([host('a', { peers }), host('b', { underlayAddresses: ['192.0.2.7'] })])
    expect(plan.hosts[0]?.targets).toEqual(['192.0.2.7:6783', '192.0.2.9:6783', '192.0.2.8:99'])
  })

  it('hands on what links are to cost', () => {
    expect(planned([host('a', { linkCosts: { b: 500 } }), host('b')]).hosts[0]?.linkCosts).toEqual({ b: 500 })
  })

  it('keeps public keys of hosts that are not reached this time', () => {
    const lock = lockOf({}, { hosts: [{ name: 'a', index: 1, publicKey: KEY }] })
    expect(planned([host('a'), host('b')], { lock }).lock.hosts).toEqual([
      { name: 'a', index: 1, publicKey: KEY },
      { name: 'b', index: 2, publicKey: undefined },
    ])
  })

  it('takes the init system from the inventory, else from the host, else leaves it open', () => {
    const hosts = [host('a', { initSystem: 'upstart' }), host('b'), host('c')]
    const plan = planned(hosts, { facts: { a: facts(), b: facts({ initSystem: 'sysvinit' }) } })
    expect(plan.hosts.map(({ initSystem }) => initSystem)).toEqual(['upstart', 'sysvinit', undefined])
  })
})

describe('historic variables', () => {
  const old = (historic: Partial<InventoryHost['historic']>, settings: Partial<InventoryHost> = {}) =>
    host('a', { historic: { bridgeIp: undefined, containerRange: undefined, ...historic }, ...settings })

  it('weave_ip and weave_container_cidr give the number', () => {
    expect(planned([old({ bridgeIp: '10.2.0.7' })]).hosts[0]?.index).toBe(7)
    expect(planned([old({ containerRange: '10.2.9.0/24' })]).hosts[0]?.index).toBe(9)
  })

  it('weave_container_cidr with host bits is refused with the network that was meant (trap 2.5)', () => {
    const [refusal] = refusals([old({ containerRange: '10.2.1.7/24' })])
    expect(refusal).toContain("'10.2.1.7/24' has host bits set: did you mean 10.2.1.0/24?")
  })

  it('weave_container_cidr outside the subnet is refused (trap 2.3)', () => {
    const [refusal] = refusals([old({ containerRange: '10.3.1.0/24' })])
    expect(refusal).toContain('10.3.1.0/24, is outside weave_subnet 10.2.0.0/16')
  })

  it('weave_container_cidr that disagrees with the number is refused', () => {
    const [refusal] = refusals([old({ containerRange: '10.2.4.0/24' }, { index: 5 })])
    expect(refusal).toContain("weave_container_cidr of host 'a', 10.2.4.0/24, disagrees with 10.2.5.0/24")
  })

  it('weave_container_cidr of another size is refused with the variable to set', () => {
    expect(refusals([old({ containerRange: '10.2.4.0/25' })])[0]).toContain('set weave_container_prefix to 25')
  })

  it('weave_container_cidr that reaches into range 0 is refused (trap 2.7)', () => {
    expect(refusals([old({ containerRange: '10.2.0.0/24' })])[0]).toContain('numbers go from 1 to 255')
  })

  it('weave_ip outside the subnet is refused', () => {
    expect(refusals([old({ bridgeIp: '10.9.0.1' })])[0]).toContain("weave_ip of host 'a', 10.9.0.1")
  })
})

describe('a plan is refused', () => {
  it('with all that is wrong at once', () => {
    const hosts = [
      host('a', { underlayAddresses: ['10.2.3.4'] }),
      host('b', { underlayAddresses: [] }),
      host('c', { underlayAddresses: ['no-address'], index: 2 }),
      host('d', { index: 2, port: 0 }),
    ]
    const found = refusals(hosts, { inventory: inventory(hosts, { mtu: 100 }) })
    expect(found).toHaveLength(6)
    expect(found.join('\n')).toContain("hosts 'c' and 'd' have the same number 2")
    expect(found.join('\n')).toContain("underlay address 10.2.3.4 of host 'a' lies in the overlay")
    expect(found.join('\n')).toContain("host 'b' has no underlay address")
    expect(found.join('\n')).toContain("'no-address' is not an IP address")
    expect(found.join('\n')).toContain('weave_port 0')
    expect(found.join('\n')).toContain('weave_mtu 100')
  })

  it('with each cause next to a remedy', () => {
    const [refusal] = refusals([host('a', { underlayAddresses: [] })])
    expect(refusal).toContain("→ set weave_underlay_address of 'a'")
  })

  it('when an underlay address means another host on each network', () => {
    const [refusal] = refusals([host('a', { underlayAddresses: ['fe80::1'] })])
    expect(refusal).toContain("underlay address fe80::1 of host 'a' is link-local")
  })

  it('when a host has more underlay addresses than its router can tell the others of', () => {
    const underlayAddresses = Array.from({ length: ADDRESSES_MAX + 1 }, (_, i) => `192.0.2.${i + 1}`)
    const [refusal] = refusals([host('a', { underlayAddresses })])
    expect(refusal).toContain(`host 'a' has more than ${ADDRESSES_MAX} underlay addresses`)
    const [last] = planned([host('a', { underlayAddresses: underlayAddresses.slice(1) })]).hosts
    expect(last?.underlayAddresses).toHaveLength(ADDRESSES_MAX)
  })

  it('when a name leaves no room for what files add to it', () => {
    expect(refusals([host('a'.repeat(201))])[0]).toContain('has more than 200 characters')
    expect(planned([host('a'.repeat(200))]).hosts).toHaveLength(1)
  })

  it('when two hosts have one underlay address', () => {
    const hosts = [host('a', { underlayAddresses: ['192.0.2.1'] }), host('b', { underlayAddresses: ['192.0.2.1'] })]
    expect(refusals(hosts)[0]).toContain("hosts 'a' and 'b' have the same underlay address 192.0.2.1:6783")
  })

  it('when two names differ in case only', () => {
    expect(refusals([host('Web'), host('web')])[0]).toContain("hosts 'Web' and 'web' have the same name")
  })

  it('when a name cannot be a folder', () => {
    expect(refusals([host('../etc')])[0]).toContain("host name '../etc'")
  })

  it('when two hosts share a range of older roles', () => {
    const historic = { bridgeIp: undefined, containerRange: '10.2.3.0/24' }
    const found = refusals([host('a', { historic }), host('b', { historic })])
    expect(found.join('\n')).toContain("hosts 'a' and 'b' have the same weave_container_cidr 10.2.3.0/24")
  })

  it('when hosts outnumber the ranges, naming both variables (trap 1.4.2)', () => {
    const hosts = Array.from({ length: 256 }, (_, i) =>
      host(`h${i}`, { underlayAddresses: [`192.168.${i % 2}.${i >> 1}`] }),
    )
    expect(refusals(hosts)).toEqual([
      expect.stringMatching(/^host 256 of 255: .* → widen weave_subnet or narrow weave_container_prefix$/),
    ])
  })

  it.each([16, 12, 31])('when weave_container_prefix %i does not cut the subnet into ranges', containerPrefix => {
    const input = { inventory: inventory([host('a')], { containerPrefix }) }
    expect(refusals([], input)[0]).toContain(`weave_container_prefix ${containerPrefix}`)
  })

  it('when two hosts show one public key, as cloned machines do', () => {
    const found = refusals([host('a'), host('b')], {
      facts: { a: facts({ publicKey: KEY }), b: facts({ publicKey: KEY }) },
    })
    expect(found[0]).toContain("hosts 'a' and 'b' have the same identity")
  })

  it('when a link to nobody, or to the host itself, is to cost something', () => {
    const found = refusals([host('a', { linkCosts: { nobody: 5, a: 5, b: 5 } }), host('b')])
    expect(found.map(text => /'\w+' is not another host/.exec(text)?.[0])).toEqual([
      "'nobody' is not another host",
      "'a' is not another host",
    ])
  })

  it('when a peer is neither an address nor a host', () => {
    expect(refusals([host('a', { peers: ['nobody'] })])[0]).toContain("'nobody' is neither an address nor another host")
  })
})
