import { execFileSync, spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { coverOf } from '../../../../src/base/cidr-cover.ts'
import { type IpAddress, networkContains, parseIpAddress } from '../../../../src/base/ip-address.ts'
import { FIREWALL_FORMATS, membersOf, renderFirewall } from '../../../../src/provision/render/firewall.ts'

const HOSTS = [
  { underlayAddresses: ['172.31.1.12'], port: 6783 },
  { underlayAddresses: ['172.31.1.13', '2001:db8::13'], port: 6783 },
  // Behind a gateway that forwards this port to it; others see it come from the gateway.
  { underlayAddresses: ['203.0.113.7', '10.9.0.4'], port: 7001 },
]
const MEMBERS = membersOf('shop', HOSTS)

describe('the members of a cluster', () => {
  it('are the addresses of its hosts, in as few networks as hold exactly them', () => {
    expect(MEMBERS.sources).toEqual(['10.9.0.4/32', '172.31.1.12/31', '203.0.113.7/32', '2001:db8::13/128'])
    expect(MEMBERS.ports.map(({ protocol, port }) => `${protocol} ${port}`)).toEqual([
      'tcp 6783',
      'tcp 7001',
      'udp 6783',
      'udp 7001',
      'udp 6784',
      'udp 6785',
    ])
  })

  it('a cover holds every address, no other, and none twice', () => {
    const first = fc.constantFrom(addressOf('192.0.2.0'), addressOf('2001:db8::'))
    const address = fc.tuple(first, fc.bigInt({ min: 0n, max: 63n })).map(([base, low]) => (base + low) as IpAddress)
    fc.assert(
      fc.property(fc.array(address), addresses => {
        const cover = coverOf(addresses)
        const near = ['192.0.2.0', '2001:db8::'].flatMap(base =>
          Array.from({ length: 128 }, (_, i) => (addressOf(base) - 32n + BigInt(i)) as IpAddress),
        )
        for (const each of near) {
          const holders = cover.filter(network => networkContains(network, each))
          expect(holders).toHaveLength(addresses.includes(each) ? 1 : 0)
        }
      }),
    )
    expect(coverOf([])).toEqual([])
  })
})

describe('rules for members only', () => {
  it.each([
    ['nftables', ['nft', '--check', '--file', '-']],
    ['iptables', ['iptables-restore', '--test', '--noflush']],
    ['iptables', ['ip6tables-restore', '--test', '--noflush']],
  ] as const)('%s takes them', (format, argv) => {
    const input = renderFirewall(MEMBERS, format)
    const { status, stderr } = spawnSync('unshare', ['--map-root-user', '--net', ...argv], {
      input,
      encoding: 'utf8',
      env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('nftables takes them again, in place of those that were there', () => {
    const rules = renderFirewall(MEMBERS, 'nftables')
    const script = `PATH=$PATH:/usr/sbin; rules=$(cat); for i in 1 2; do echo "$rules" | nft -f - || exit 1; done; nft list ruleset`
    const listed = execFileSync('unshare', ['--map-root-user', '--net', 'sh', '-c', script], {
      input: rules,
      encoding: 'utf8',
    })
    expect(listed.match(/^table /gm)).toHaveLength(1)
    expect(listed).toContain('tcp dport { 6783, 7001 } ip saddr != @members drop')
  })

  it.each(['ufw', 'firewalld'] as const)(
    'a shell takes those of %s, and each member is there once for each port',
    format => {
      const script = renderFirewall(MEMBERS, format)
      execFileSync('sh', ['-n'], { input: script })
      const times = format === 'ufw' ? MEMBERS.ports.length : 1
      for (const source of MEMBERS.sources) expect(script.split(source).length - 1).toBe(times)
    },
  )

  it('terraform gets a security group of the members', () => {
    const text = renderFirewall(MEMBERS, 'terraform')
    expect(text.match(/^ {2}ingress \{$/gm)).toHaveLength(6)
    expect([...text.matchAll(/^ {4}"(\S+)",$/gm)].map(match => match[1])).toEqual(MEMBERS.sources)
    expect(text.match(/[{[(]/g)?.length).toBe(text.match(/[}\])]/g)?.length)
  })

  it("AWS' own tool gets the shape of IpPermissions", () => {
    const [first, ...rest] = JSON.parse(renderFirewall(MEMBERS, 'aws')) as Record<string, unknown>[]
    expect(first).toEqual({
      IpProtocol: 'tcp',
      FromPort: 6783,
      ToPort: 6783,
      Ipv6Ranges: [{ CidrIpv6: '2001:db8::13/128', Description: 'weave control links' }],
      IpRanges: MEMBERS.sources.slice(0, 3).map(CidrIp => ({ CidrIp, Description: 'weave control links' })),
    })
    expect(rest).toHaveLength(5)
  })

  it.each(FIREWALL_FORMATS)('%s opens nothing to everybody', format => {
    expect(renderFirewall(MEMBERS, format)).not.toContain('0.0.0.0/0')
  })
})

function addressOf(text: string): IpAddress {
  const address = parseIpAddress(text)
  if (!address.ok) throw new Error(address.error)
  return address.value
}
