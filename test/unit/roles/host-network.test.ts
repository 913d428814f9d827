import { runPython } from './run-python.ts'

const ADDRESSES = [
  '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever',
  '2: eth0    inet 10.77.1.11/24 brd 10.77.1.255 scope global eth0\\       valid_lft forever preferred_lft forever',
  '5: weave    inet 10.2.0.1/16 scope global weave\\       valid_lft forever preferred_lft forever',
]

const ROUTES = ['default via 10.77.1.1 dev eth0', '10.77.1.0/24 dev eth0 proto kernel scope link src 10.77.1.11']

describe('the overlay overlaps', () => {
  it('nothing but its own bridge', () => {
    expect(overlaps(['10.2.0.0/16'], [...ADDRESSES, ...ROUTES])).toEqual([])
  })

  it.each([
    ['a network inside it', '10.2.7.0/24 dev docker0 proto kernel scope link', ['10.2.7.0/24 on docker0']],
    ['a network around it', '10.0.0.0/8 via 10.77.1.9 dev eth0', ['10.0.0.0/8 on eth0']],
    ['a route to one host', '10.2.3.4 via 10.77.1.9 dev tun0', ['10.2.3.4/32 on tun0']],
    ['a route that leads nowhere', 'blackhole 10.2.0.0/17', ['10.2.0.0/17 on blackhole']],
  ])('%s', (_, line, expected) => {
    expect(overlaps(['10.2.0.0/16'], [...ROUTES, line])).toEqual(expected)
  })

  it.each([
    [
      'an address of IPv6',
      '2: eth0    inet6 fd00:3::7/64 scope global \\       valid_lft forever',
      ['fd00:3::/64 on eth0'],
    ],
    ['a route of IPv6', 'fd00:3:1::/48 via fe80::1 dev eth0 metric 1024 pref medium', ['fd00:3:1::/48 on eth0']],
    ['a network in the second of those that one word names', '10.4.9.0/24 dev eth1', ['10.4.9.0/24 on eth1']],
  ])('%s in a range that was added', (_, line, expected) => {
    expect(overlaps(['10.2.0.0/16', '10.3.0.0/16 10.4.0.0/16', 'fd00:3::/32'], [...ROUTES, line])).toEqual(expected)
  })

  it('an address of another interface', () => {
    expect(overlaps(['10.77.0.0/16'], ADDRESSES)).toEqual(['10.77.1.0/24 on eth0'])
  })
})

describe('a port of the host', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 00000000:1A7F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0',
    '   1: 0B01A8C0:C350 0C01A8C0:1A7F 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 0 10 -1',
    '   2: 0B01A8C0:1A7F 0C01A8C0:C351 01 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 20 4 0 10 -1',
  ].join('\n')

  it('is held by the socket that listens on it', () => {
    expect(call('sorted(inodes_on_port(given["table"], 6783, True))', { table })).toEqual(['4711'])
  })

  it('is held by every UDP socket that is bound to it', () => {
    expect(call('sorted(inodes_on_port(given["table"], 6783, False))', { table })).toEqual(['4711', '4713'])
  })

  it('is free when nobody has it', () => {
    expect(call('sorted(inodes_on_port(given["table"], 6784, True))', { table })).toEqual([])
  })
})

describe('the addresses of an interface', () => {
  it('are read with their prefix length', () => {
    expect(call('addresses_of(given["lines"])', { lines: ADDRESSES.slice(2) })).toEqual(['10.2.0.1/16'])
  })
})

function overlaps(networks: readonly string[], lines: readonly string[]): unknown {
  return call('overlaps(given["networks"], given["lines"], "weave")', { networks, lines })
}

function call(expression: string, given: Readonly<Record<string, unknown>>): unknown {
  return runPython(`from weave_network import *\nanswer = ${expression}`, given)
}
