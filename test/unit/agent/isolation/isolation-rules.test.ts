import { isolationText, replacePortText } from '../../../../src/agent/isolation/isolation-rules.ts'
import { type IpNetwork, type IpOnNetwork, parseIpNetwork, parseIpOnNetwork } from '../../../../src/base/ip-address.ts'

const OVERLAY = cidr('10.2.0.0/16')

describe('rules that keep subnets apart', () => {
  it('replace the whole table in one transaction', () => {
    const text = isolationText([port('vethwepl1234567', '10.2.1.1/24')], OVERLAY)
    expect(text.startsWith('add table bridge weave\ndelete table bridge weave\ntable bridge weave {\n')).toBe(true)
    expect(text).toContain('set guarded { type ifname; elements = { "vethwepl1234567" }; }')
    expect(text).toContain('elements = { "vethwepl1234567" . 10.2.1.1 }')
    expect(text).toContain('elements = { "vethwepl1234567" . 10.2.1.0/24 }')
    expect(text).toContain('elements = { "vethwepl1234567" . 10.2.0.0/16 }')
  })

  it('leave sets empty where no port is guarded', () => {
    expect(isolationText([], OVERLAY)).toContain('set guarded { type ifname; }')
  })

  it('take the private block of an address outside the range for its overlay', () => {
    const blocks = ['10.0.1.1/24', '172.20.0.1/24', '192.168.7.1/24', '100.100.0.1/24', '198.51.100.1/24'].map(
      address => {
        const text = replacePortText(undefined, port('p', address), OVERLAY)
        return /overlay \{ "p" \. (\S+) \}/.exec(text)?.[1]
      },
    )
    expect(blocks).toEqual(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.51.100.0/24'])
  })

  it('name no network twice, nor one within another, which the kernel would refuse', () => {
    const text = replacePortText(
      undefined,
      port('p', '10.2.1.1/24', '10.2.1.2/24', '10.2.1.3/25', '10.2.9.1/24'),
      OVERLAY,
    )
    expect(text).toContain('subnets { "p" . 10.2.1.0/24, "p" . 10.2.9.0/24 }')
    expect(text).toContain('overlay { "p" . 10.2.0.0/16 }')
  })

  it('change one port by taking away what it had and adding what it gets', () => {
    const text = replacePortText(port('p', '10.2.1.1/24'), port('p', '10.2.2.1/24'), OVERLAY)
    expect(text.split('\n').slice(0, 5)).toEqual([
      'delete element bridge weave guarded { "p" }',
      'delete element bridge weave sources { "p" . 10.2.1.1 }',
      'delete element bridge weave subnets { "p" . 10.2.1.0/24 }',
      'delete element bridge weave overlay { "p" . 10.2.0.0/16 }',
      'add element bridge weave guarded { "p" }',
    ])
    expect(replacePortText(port('p', '10.2.1.1/24'), undefined, OVERLAY)).not.toContain('add')
  })

  it('look into advertisements of neighbours, unless nft cannot', () => {
    const ports = [port('p', 'fd00:1::5/64')]
    expect(isolationText(ports, OVERLAY)).toContain('icmpv6 type 136 @th,64,10 != 0x3fa iifname . @th,64,128')
    expect(isolationText(ports, OVERLAY, false)).not.toMatch(/@th|neighbours6/)
  })

  it('let IPv6 pass only where it was given', () => {
    const both = replacePortText(undefined, port('p', '10.2.1.1/24', 'fd00:1::5/64'), OVERLAY)
    expect(both).toContain('with_ipv6 { "p" }')
    expect(both).toContain('sources { "p" . 10.2.1.1 }')
    expect(both).toContain('sources6 { "p" . fd00:1::5 }')
    expect(both).toContain('subnets6 { "p" . fd00:1::/64 }')
    expect(both).toContain('overlay6 { "p" . fc00::/7 }')
    expect(both).toContain('neighbours6 { "p" . 0xfd000001000000000000000000000005 }')
    expect(replacePortText(undefined, port('p', '10.2.1.1/24'), OVERLAY)).not.toContain('with_ipv6')
  })
})

function port(device: string, ...addresses: readonly string[]) {
  return { device, addresses: addresses.map(interfaceAddress) }
}

function interfaceAddress(text: string): IpOnNetwork {
  const parsed = parseIpOnNetwork(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

function cidr(text: string): IpNetwork {
  const parsed = parseIpNetwork(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}
