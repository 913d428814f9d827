import type { HostFacts } from '../../../../src/provision/plan/host-facts.ts'
import { facts, host, lockOf, planned, refusals } from '../inventories.ts'

const CFG = '/etc/network/interfaces.d/weave.cfg'
const OPTIONS = { '/etc/default/docker': 'DOCKER_OPTS="--bridge=weave --fixed-cidr=10.2.7.0/24"\n' }

function stanza(text: string, path = CFG): Partial<HostFacts> {
  return {
    bridge: { isOurs: false, addresses: [], stanzas: [{ path, text: `auto weave\niface weave inet manual\n${text}` }] },
  }
}

const OLD_ROLE = stanza('    post-up ip addr add dev weave 10.2.0.7/16\n')

describe('a host that was set up by hand or by a role of old', () => {
  it.each([
    ['by the stanza of a role', facts(OLD_ROLE)],
    ['with its range', facts(OLD_ROLE, OPTIONS)],
    ['with its range in daemon.json', facts(OLD_ROLE, { '/etc/docker/daemon.json': '{"fixed-cidr": "10.2.7.0/24"}' })],
    ['with a wider network', facts(stanza('  up ip addr replace 10.2.0.7/8 dev weave\n'))],
    ['with an address of its own', facts(stanza('  address 10.2.0.7\n  netmask 255.255.0.0\n'))],
    [
      'by what is there, when no file says it',
      facts({ bridge: { isOurs: false, addresses: ['10.2.0.7/16'], stanzas: [] } }),
    ],
  ])('keeps its number %s', (_, of) => {
    const plan = planned([host('a'), host('b')], { facts: { b: of } })
    expect(plan.hosts.map(({ name, index }) => [name, index])).toEqual([
      ['a', 1],
      ['b', 7],
    ])
  })

  it('has no say once it has a number, and none against the inventory', () => {
    const given = { facts: { a: facts(OLD_ROLE) } }
    expect(planned([host('a')], { ...given, lock: lockOf({ a: 3 }) }).hosts[0]?.index).toBe(3)
    expect(planned([host('a', { index: 5 })], given).hosts[0]?.index).toBe(5)
  })

  it('by us, under a name that the lock file does not know, keeps its number', () => {
    const ours = facts({ bridge: { isOurs: true, addresses: ['10.2.0.9/16'], stanzas: [] } })
    expect(planned([host('a')], { facts: { a: ours } }).hosts[0]?.index).toBe(9)
    expect(planned([host('renamed')], { facts: { renamed: ours }, lock: lockOf({ a: 9 }) }).hosts[0]?.index).toBe(9)
    const left = lockOf({}, { tombstones: [{ name: 'a', index: 4 }] })
    expect(planned([host('a')], { facts: { a: ours }, lock: left }).hosts[0]?.index).toBe(4)
  })

  it.each([
    [
      'another network',
      facts(stanza('up ip addr add 10.9.0.7/16 dev weave')),
      "the bridge of host 'a', 10.9.0.7/16, is outside",
    ],
    [
      'a range of another number',
      facts(OLD_ROLE, { '/etc/default/docker': 'DOCKER_OPTS="--fixed-cidr=10.2.8.0/24"\n' }),
      "fixed-cidr of Docker on host 'a', 10.2.8.0/24, disagrees with 10.2.7.0/24",
    ],
    [
      'a range of another length',
      facts(OLD_ROLE, { '/etc/default/docker': 'DOCKER_OPTS="--fixed-cidr=10.2.6.0/23"\n' }),
      'set weave_container_prefix to 23',
    ],
    [
      'a file that ours would stand beside',
      facts(stanza('', '/etc/network/interfaces.d/br')),
      'move it, once and alone',
    ],
    [
      'the main file',
      facts({}, { '/etc/network/interfaces': 'iface weave inet static\n  address 10.2.0.7/16\n' }),
      'is set up in /etc/network/interfaces → move it',
    ],
  ])('is refused with %s', (_, of, message) => {
    expect(refusals([host('a')], { facts: { a: of } }).join()).toContain(message)
  })

  it('is refused when another host has its number', () => {
    const given = { facts: { b: facts(OLD_ROLE) }, lock: lockOf({ a: 7 }) }
    expect(refusals([host('a'), host('b')], given).join()).toContain("hosts 'a' and 'b' have the same number 7")
  })
})
