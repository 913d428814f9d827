import fc from 'fast-check'
import { PEERS, type World } from './judged-frame.ts'
import { NEIGHBOURS_IPV4, NEIGHBOURS_IPV6, NOBODY_IPV4, NOBODY_IPV6, STRANGER_IPV4 } from './judging-lab.ts'

/** Indices of no device: frames that are tested go nowhere. */
const TAP = 1001
const VXLAN = 1002
const SELVES = [1, 4095]
const IN_TUNNEL = 0xa9fe6002
const BEHIND_HANDLES = [...NEIGHBOURS_IPV6, NOBODY_IPV6].map((address, i) => ({ handle: 0x7f000001 + i, address }))
const IPV4 = [...NEIGHBOURS_IPV4, NOBODY_IPV4, STRANGER_IPV4].map(text => Number.parseInt(text, 16))
export const ADDRESSES = [...IPV4, ...BEHIND_HANDLES.map(({ handle }) => handle), IN_TUNNEL]
export const MACS = ['020000000001', '020000000002', '020000000003', '030000000004']
const CHILDREN_MAX = 256

export const anyPeer = fc.constantFrom(...PEERS)
export const anyAddress = fc.constantFrom(...ADDRESSES)
export const anyMac = fc.constantFrom(...MACS)

/** Mostly such as agents write, or hardly a frame would get far. */
export const worlds: fc.Arbitrary<World> = fc.record({
  config: fc.record({
    self: mostly(fc.constantFrom(...SELVES), fc.constant(0), 20),
    tap: mostly(fc.constant(TAP), fc.constant(0)),
    vxlan: fc.constant(VXLAN),
    puntsFloods: fc.boolean(),
    generation: fc.nat(1),
  }),
  hops: fc.uniqueArray(
    fc.record({
      peer: anyPeer,
      address: mostly(anyAddress, fc.constant(0)),
      isMember: mostly(fc.constant(true), fc.constant(false)),
    }),
    { selector: hop => hop.peer, minLength: 4, maxLength: PEERS.length },
  ),
  endpoints: fc.uniqueArray(fc.record({ address: anyAddress, peer: anyPeer }), {
    selector: known => known.address,
    minLength: 3,
    maxLength: ADDRESSES.length,
  }),
  trees: fc.uniqueArray(
    fc.record({
      source: anyPeer,
      parent: anyPeer,
      children: mostly(
        fc.array(anyAddress, { maxLength: 4 }),
        fc.array(anyAddress, { minLength: CHILDREN_MAX, maxLength: CHILDREN_MAX }),
        50,
      ),
    }),
    { selector: tree => tree.source, maxLength: PEERS.length },
  ),
  handles: mostly(fc.constant(BEHIND_HANDLES), fc.subarray(BEHIND_HANDLES), 2),
  macs: fc.uniqueArray(
    fc.record({
      mac: anyMac,
      peer: mostly(anyPeer, fc.constant(0)),
      generation: fc.nat(1),
      seenAt: fc.constant(0),
    }),
    { selector: owner => owner.mac, maxLength: MACS.length },
  ),
})

/** `weight` times as often as the other. */
export function mostly<T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>, weight = 6): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: other })
}

export function mostlyOf<T>(usual: readonly T[], other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return usual.length === 0 ? other : mostly(fc.constantFrom(...usual), other)
}
