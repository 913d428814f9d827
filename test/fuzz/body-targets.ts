import { strict as assert } from 'node:assert'
import { type IpAddress, parseIpNetwork } from '../../src/base/ip-address.ts'
import type { PeerName } from '../../src/base/peer-name.ts'
import { ok, type Result, refused } from '../../src/base/result.ts'
import { decodeEntries, type Entry, encodeEntries } from '../../src/core/dns/entry.ts'
import { Names } from '../../src/core/dns/names.ts'
import { type AddressBody, decodeAddressBody, encodeAddressBody } from '../../src/core/ipam/body.ts'
import { Ipam } from '../../src/core/ipam/ipam.ts'
import { decodeFastNeighbours, encodeFastNeighbours } from '../../src/core/wire/fast-neighbours.ts'
import { decodeLinkCosts, encodeLinkCosts } from '../../src/core/wire/link-costs.ts'
import { decodeTunnelNotice, encodeTunnelNotice, type TunnelNotice } from '../../src/core/wire/tunnel-notice.ts'
import { codec } from './codec.ts'
import type { FuzzTarget } from './targets.ts'

const SELF = '02:00:00:00:00:01' as PeerName
const LIAR = '02:00:00:00:00:02' as PeerName
const OUTPUTS_MAX = 100
const LATER_MS = [100, 2_000, 60_000, 4_000_000]

const RANGE = { from: 0xffff0a020100n, to: 0xffff0a0201ffn }
const ADDRESSES: AddressBody = {
  serial: 3,
  claims: [{ ...RANGE, epoch: 2, isSettling: false, free: 250n }],
  grants: [{ ...RANGE, receiver: SELF, sequence: 1, epoch: 3 }],
  taken: new Map([[SELF, 1]]),
  wishes: [{ ...RANGE, id: 1, donor: SELF }],
  denials: [{ peer: SELF, wish: 1, reason: 'nothing free' }],
  ranges: [{ network: 0xffff0a4d0000n as IpAddress, prefix: 120 }],
}
const entry = (data: Entry['data']): Entry => ({ id: 'c1', name: 'Web.weave.local', data })
const ENTRIES: readonly Entry[] = [
  { ...entry({ kind: 'address', address: '10.2.1.1' }), isUnhealthy: true },
  entry({ kind: 'cname', target: 'db.weave.local' }),
  entry({ kind: 'txt', text: 'a=b' }),
  entry({ kind: 'srv', priority: 1, weight: 2, port: 80, target: 'db.weave.local' }),
]
const NOTICE: TunnelNotice = { publicKey: new Uint8Array(32).fill(9), port: 6785, neighbours: [2, 3] }

/** What a member says of itself in topics of its own, and what a host does that hears it. */
export const BODY_TARGETS: readonly FuzzTarget[] = [
  codec('addresses', [ADDRESSES], encodeAddressBody, decodeAddressBody),
  codec('names', [ENTRIES], encodeEntries, decodeEntries),
  codec('fast-neighbours', [[1, 2, 700]], encodeFastNeighbours, body => known(decodeFastNeighbours(body))),
  codec('tunnel-notice', [NOTICE], encodeTunnelNotice, body => known(decodeTunnelNotice(body))),
  codec(
    'link-costs',
    [
      new Map([
        [2, 500],
        [700, 16],
      ]),
    ],
    encodeLinkCosts,
    body => known(decodeLinkCosts(body)),
  ),
  { name: 'heard-addresses', seeds: () => [encodeAddressBody(ADDRESSES)], create: () => hearAddresses },
  { name: 'heard-names', seeds: () => [encodeEntries(ENTRIES)], create: () => hearNames },
]

function known<T>(value: T | undefined): Result<T> {
  return value === undefined ? refused('no body') : ok(value)
}

/** Whatever the other member says, the host goes on, and gives no container an address outside the network or one of another container. */
function hearAddresses(body: Uint8Array): void {
  const universe = [parseIpNetwork('10.2.0.0/16')].flatMap(parsed => (parsed.ok ? [parsed.value] : []))
  const ipam = new Ipam({
    self: SELF,
    universe,
    commons: universe,
    initial: { kind: 'seed', peers: [SELF, LIAR] },
    reserved: [],
    order: 'lowest',
    stored: undefined,
    now: 0,
  })
  const [subnet] = universe
  assert.ok(subnet !== undefined)
  ipam.handle({ kind: 'reachable', peers: new Set([LIAR]) }, 0)
  ipam.handle({ kind: 'heard', peer: LIAR, body }, 0)
  for (const now of LATER_MS) {
    ipam.handle({ kind: 'allocate', ticket: now, id: `c${now}`, subnet, timeoutMs: 5_000 }, now)
    ipam.advance(now)
    const outputs = ipam.drain()
    assert.ok(outputs.length <= OUTPUTS_MAX, `${outputs.length} outputs`)
  }
  const addresses = ipam.leases.map(({ address }) => address)
  assert.equal(new Set(addresses).size, addresses.length)
  assert.ok(addresses.every(address => address > 0xffff0a020000n && address < 0xffff0a02ffffn))
}

/** What the other member says stands beside what the host itself says, and never in its place. */
function hearNames(body: Uint8Array): void {
  const names = new Names({ self: SELF, stored: undefined })
  for (const one of ENTRIES) names.add(one)
  const { own } = names
  names.heard(LIAR, body, 0)
  names.reach(new Set([LIAR]), 0)
  assert.deepEqual(names.own, own)
  assert.equal(names.all.filter(({ peer }) => peer === SELF).length, ENTRIES.length)
  names.heard(LIAR, undefined, 0)
  assert.equal(names.all.length, ENTRIES.length)
}
