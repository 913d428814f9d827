import type { Listing } from '../../../../src/provision/inventory/listing.ts'
import { parseInventory } from '../../../../src/provision/inventory/parse-inventory.ts'

type Variables = Readonly<Record<string, unknown>>

/** A listing whose hosts are all in one group. */
function listing(hosts: Readonly<Record<string, Variables>>, group = 'weave'): Listing {
  return {
    hostVariables: hosts,
    groups: { all: { hosts: [], children: [group] }, [group]: { hosts: Object.keys(hosts), children: [] } },
  }
}

function parse(variables: Variables, name = 'a') {
  const { inventory, problems } = parseInventory(listing({ [name]: variables }))
  return { inventory, host: inventory.hosts[0], causes: problems.map(({ cause }) => cause) }
}

describe('the group of hosts', () => {
  const groups = {
    all: { hosts: ['x'], children: ['web', 'weave_servers'] },
    web: { hosts: ['w'], children: [] },
    weave_servers: { hosts: ['s'], children: ['masters'] },
    masters: { hosts: ['m', 's'], children: [] },
  }
  const namesOf = (listed: Listing) => parseInventory(listed).inventory.hosts.map(({ name }) => name)

  it('is `weave` when there is one', () => {
    expect(namesOf({ hostVariables: {}, groups: { ...groups, weave: { hosts: ['v'], children: [] } } })).toEqual([])
    expect(namesOf(listing({ v: {} }))).toEqual(['v'])
  })

  it('is `weave_servers`, with the groups in it, for want of `weave`', () => {
    expect(namesOf({ hostVariables: {}, groups })).toEqual(['s', 'm'])
  })

  it.each(['weave_group', 'weave_server_group', 'weave_servers'])('is what %s names', variable => {
    expect(namesOf({ hostVariables: { x: { [variable]: 'web' } }, groups })).toEqual(['w'])
  })

  it('is everybody for want of all of these', () => {
    const listed = {
      hostVariables: {},
      groups: { all: { hosts: [], children: ['ungrouped'] }, ungrouped: { hosts: ['u'], children: [] } },
    }
    expect(namesOf(listed)).toEqual(['u'])
  })

  it('without hosts is refused', () => {
    const { problems } = parseInventory({ hostVariables: {}, groups: { all: { hosts: [], children: ['weave'] } } })
    expect(problems.map(({ cause }) => cause)).toEqual(["group 'weave' has no hosts"])
  })

  it('that does not exist is refused', () => {
    const { problems } = parseInventory(listing({ a: { weave_group: 'wvae' } }))
    expect(problems.map(({ cause }) => cause)).toEqual(["the inventory has no group 'wvae'"])
  })
})

describe('variables', () => {
  it('have the documented defaults', () => {
    const { inventory } = parse({ ansible_host: '192.0.2.1' })
    expect(inventory).toEqual({
      group: 'weave',
      clusterName: 'weave',
      subnet: '10.2.0.0/16',
      containerPrefix: 24,
      addedRanges: [],
      mtu: 1376,
      isEncrypted: true,
      trustedSubnets: [],
      hosts: [
        {
          name: 'a',
          index: undefined,
          historic: { bridgeIp: undefined, containerRange: undefined },
          underlayAddresses: ['192.0.2.1'],
          port: 6783,
          initSystem: undefined,
          networkTool: undefined,
          dockerMethod: undefined,
          dockerOptions: {},
          peers: undefined,
          hooks: { before: undefined, after: undefined },
        },
      ],
    })
  })

  it.each([
    [{ ansible_host: '2001:db8::1' }, 1360],
    [{ ansible_host: '2001:db8::1', weave_encrypted_fast_path: false }, 1376],
    [{ ansible_host: '192.0.2.1' }, 1376],
    [{ ansible_host: '2001:db8::1', weave_mtu: 1300 }, 1300],
  ])('leave room for WireGuard over IPv6 where frames go inside it: %j', (variables, mtu) => {
    expect(parse({ weave_encrypted_fast_path: true, ...variables }).inventory.mtu).toBe(mtu)
  })

  it('take numbers as texts, as inventories in INI form give them', () => {
    const { inventory, host } = parse({ weave_index: '7', weave_mtu: '1400', weave_container_prefix: '26' })
    expect([host?.index, inventory.mtu, inventory.containerPrefix]).toEqual([7, 1400, 26])
  })

  it('know the underlay address by itself, by what Ansible connects to, or by the name', () => {
    expect(parse({ weave_underlay_address: '192.0.2.2', ansible_host: '192.0.2.1' }).host?.underlayAddresses).toEqual([
      '192.0.2.2',
    ])
    expect(parse({ ansible_host: 'a.example.org' }, '192.0.2.9').host?.underlayAddresses).toEqual(['192.0.2.9'])
    expect(parse({ ansible_host: 'a.example.org' }).host?.underlayAddresses).toEqual([])
    expect(parse({ ansible_host: '2001:DB8:0::1' }).host?.underlayAddresses).toEqual(['2001:db8::1'])
  })

  it('leave the underlay address to be chosen on the host, unless they name it', () => {
    const variables = { ansible_host: '192.0.2.1', weave_underlay_cidr: '10.0.0.0/8, 172.16.0.0/12' }
    expect(parse(variables).host).toMatchObject({
      underlayAddresses: [],
      underlayChoice: { cidrs: ['10.0.0.0/8', '172.16.0.0/12'], interfaceName: undefined },
    })
    expect(parse({ weave_underlay_interface: 'eth1' }).host?.underlayChoice).toEqual({
      cidrs: [],
      interfaceName: 'eth1',
    })
    expect(parse({ ...variables, weave_underlay_address: '10.0.0.1' }).host?.underlayAddresses).toEqual(['10.0.0.1'])
  })

  it('put the preferred address of a host with several first', () => {
    const variables = { weave_underlay_address: '192.0.2.2', weave_underlay_addresses: ['192.0.2.1', '192.0.2.2'] }
    expect(parse(variables).host?.underlayAddresses).toEqual(['192.0.2.2', '192.0.2.1'])
  })

  it('understand the subnet of older roles', () => {
    const { inventory, host } = parse({
      weave_ip: '10.9.0.3',
      weave_network_width: 16,
      weave_container_cidr: '10.9.3.0/24',
    })
    expect(inventory.subnet).toBe('10.9.0.0/16')
    expect(host?.historic).toEqual({ bridgeIp: '10.9.0.3', containerRange: '10.9.3.0/24' })
  })

  it('take costs of links by host, as numbers or texts', () => {
    expect(parse({ weave_link_costs: { b: 500, c: '7' } }).host?.linkCosts).toEqual({ b: 500, c: 7 })
    expect(parse({ weave_link_costs: {} }).host?.linkCosts).toBeUndefined()
  })

  it.each([{ b: 0 }, { b: 65_536 }, { b: 1.5 }, { b: 'dear' }, { b: null }, [500]])('refuse costs %j', costs => {
    const { causes } = parse({ weave_link_costs: costs })
    expect(causes[0]).toContain("weave_link_costs of host 'a'")
  })

  it('take peers as a list, or as words in one text', () => {
    expect(parse({ weave_launch_peers: '192.0.2.1 192.0.2.2' }).host?.peers).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(parse({ weave_peers: ['b'] }).host?.peers).toEqual(['b'])
  })

  it('of the cluster that differ between hosts are refused, naming both', () => {
    const { problems } = parseInventory(
      listing({ a: { weave_subnet: '10.2.0.0/16' }, b: { weave_subnet: '10.3.0.0/16' } }),
    )
    expect(problems).toEqual([
      {
        cause: "hosts 'a' and 'b' disagree on weave_subnet: 10.2.0.0/16 and 10.3.0.0/16",
        remedy: 'set weave_subnet once, in group_vars of the group',
      },
    ])
  })

  it.each([
    [{ weave_index: 0 }, 'weave_index of host'],
    [{ weave_index: 'one' }, 'must be a whole number from 1 to 4095 (it is "one")'],
    [{ weave_port: 70000 }, 'weave_port of host'],
    [{ weave_mtu: 100 }, 'must be a whole number from 576 to 65535'],
    [{ weave_init: 'openrc' }, 'must be one of auto, systemd, sysvinit, upstart'],
    [{ weave_docker_method: 'flags' }, 'must be one of auto, default, daemon-json, none'],
    [{ weave_docker_options: ['a'] }, 'must be a dictionary'],
    [{ weave_underlay_addresses: [1] }, 'must be a list of texts'],
  ])('that make no sense are refused: %j', (variables, cause) => {
    expect(parse(variables).causes.join()).toContain(cause)
  })

  it('that Ansible has not resolved are refused rather than taken literally', () => {
    expect(parse({ weave_underlay_address: '{{ private_ip }}' }).causes[0]).toContain('has not resolved')
  })

  it('tell a lab', () => {
    expect(parseInventory(listing({ a: { weave_lab: { name: 'x' } } })).lab).toEqual({ name: 'x' })
    expect(parseInventory(listing({ a: {} })).lab).toBeUndefined()
  })
})

describe('trust in the underlay', () => {
  it.each([
    [
      ['192.0.2.0/24', '198.51.100.0/24'],
      ['192.0.2.0/24', '198.51.100.0/24'],
    ],
    ['192.0.2.0/24, 198.51.100.0/24', ['192.0.2.0/24', '198.51.100.0/24']],
    [[], []],
  ])('is read from %j', (given, trustedSubnets) => {
    expect(parse({ weave_trusted_subnets: given }).inventory.trustedSubnets).toEqual(trustedSubnets)
  })

  it.each([
    [true, true],
    [false, false],
    ['yes', true],
    ['False', false],
  ])('is said by weave_encryption %j too', (given, isEncrypted) => {
    expect(parse({ weave_encryption: given }).inventory.isEncrypted).toBe(isEncrypted)
  })

  it('is refused in other words', () => {
    expect(parse({ weave_encryption: 'maybe' }).causes[0]).toContain(
      "weave_encryption of host 'a' must be true or false",
    )
    expect(parse({ weave_trusted_subnets: { a: 1 } }).causes[0]).toContain('must be a list of texts')
  })

  it('is that of the whole cluster', () => {
    const { problems } = parseInventory(listing({ a: { weave_encryption: false }, b: { weave_encryption: true } }))
    expect(problems[0]?.cause).toContain("hosts 'a' and 'b' disagree on weave_encryption")
  })
})
