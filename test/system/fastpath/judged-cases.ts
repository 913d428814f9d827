import fc from 'fast-check'
import { ADDRESSED, isTunnel, OPENED, SENT_BY_US } from './frame-facts.ts'
import type { Judged, Tunnel, World } from './judged-frame.ts'
import { anyAddress, anyMac, anyPeer, MACS, mostly, mostlyOf, worlds } from './judged-worlds.ts'
import { type WireEnds, wireDatagrams } from './wire-datagrams.ts'

const SECOND = 1_000_000_000
const GROUPS = ['ffffffffffff', '01005e0000fb', '0180c2000000', '0180c200000f', '0180c2000010', '0180c3000001']
const PROBE_MAC = '0180c200000f'
/** The kernel tests no frames of IP that are shorter than a header. */
const HEADER_BYTES = { '0800': 20, '86dd': 40 } as const
const TYPES = ['0800', '0806', '86dd', '8100', '88b5', '88b6', '0026']
const FRAMES_MAX = 12

export interface Case {
  readonly world: World
  readonly frames: readonly Judged[]
}

const mark = mostly(fc.constant(0), fc.constantFrom(1, ADDRESSED, OPENED))
/** Of what WireGuard has opened. */
const opened = mostly(fc.constant(OPENED), mark)
const hops = mostly(fc.integer({ min: 2, max: 255 }), fc.constantFrom(0, 1, 2, 64, 255), 2)
/** Around the times at which the programs change their minds. */
const after = mostly(
  fc.constantFrom(0, 1000),
  fc.constantFrom(
    ...[SECOND / 10 - 1, SECOND / 10, SECOND / 4, SECOND / 4 + 1, 2 * SECOND - 1, 2 * SECOND],
    ...[600 * SECOND, 600 * SECOND + 1],
  ),
  2,
)

const anyFrame = fc
  .record({
    to: fc.constantFrom(...MACS, ...GROUPS),
    from: anyMac,
    type: fc.constantFrom(...TYPES),
    payload: fc.uint8Array({ maxLength: 60 }),
  })
  .map(({ to, from, type, payload }) => to + from + type + filled(type, payload))

const probes = fc
  .record({ from: anyMac, kind: fc.constantFrom('00', '01', '02', '03'), rest: fc.uint8Array({ maxLength: 40 }) })
  .map(({ from, kind, rest }) => `${PROBE_MAC}${from}88b6${kind}${Buffer.from(rest).toString('hex')}`)

/** What comes out of the bridge and into it. */
export const bridgeCases: fc.Arbitrary<Case> = worlds.chain(world => {
  const none = fc.constant(undefined)
  const arrivals = fc.oneof(
    { weight: 4, arbitrary: judged('to_underlay', none, anyFrame) },
    { weight: 6, arbitrary: judged('from_underlay', tunnelsTo(world), mostly(anyFrame, probes, 3)) },
    { weight: 2, arbitrary: judged('from_underlay', floodingTunnelsTo(world), anyFrame) },
    { weight: 1, arbitrary: judged('from_underlay', probingTunnelsTo(world), probes) },
    { weight: 1, arbitrary: judged('from_underlay', probingTunnelsTo(world, isTunnel), probes, opened) },
    { weight: 1, arbitrary: judged('from_underlay', tunnelsTo(world).map(givenBack), anyFrame) },
    { weight: 1, arbitrary: judged('from_underlay', none, anyFrame) },
    { weight: 1, arbitrary: judged('from_sleeve', none, anyFrame) },
    { weight: 1, arbitrary: judged('from_tunnel', none, anyFrame) },
  )
  return fc.record({ world: fc.constant(world), frames: fc.array(arrivals, { minLength: 1, maxLength: FRAMES_MAX }) })
})

/** What comes in from the wire of a host whose device has that MAC. */
export function wireCases(ownMac: string): fc.Arbitrary<Case> {
  return worlds.chain(world => {
    const ends = fc
      .oneof(tunnelsTo(world), relayedTunnelsTo(world))
      .map((tunnel): WireEnds => ({ ...tunnel, from: textOf(tunnel.from) }))
    const frame = mostly(wireDatagrams({ ownMac, ends, inner: anyFrame }), anyFrame, 9)
    const arrivals = judged('from_wire', fc.constant(undefined), frame)
    return fc.record({ world: fc.constant(world), frames: fc.array(arrivals, { minLength: 1, maxLength: FRAMES_MAX }) })
  })
}

/** By which frames come to the world, most of them from whom it knows, and for whom it knows. */
function tunnelsTo(world: World): fc.Arbitrary<Tunnel> {
  const members = world.hops.filter(({ isMember }) => isMember).map(({ peer }) => peer)
  const { self } = world.config
  const destination = fc.oneof(fc.constant(self), fc.constant(0), mostlyOf(members, anyPeer))
  const vni = fc.tuple(mostlyOf(members, anyPeer), destination).map(([source, to]) => (source << 12) | to)
  const known = world.endpoints.map(({ address }) => sourceOf(world, address))
  const strangers = fc.oneof(anyAddress, fc.nat(0xffff_ffff))
  return fc.record({
    from: mostlyOf<number | string>(known, strangers),
    vni: mostly(vni, fc.nat(0xff_ffff), 15),
    hops,
  })
}

/** From where the tree of their source says. */
function floodingTunnelsTo(world: World): fc.Arbitrary<Tunnel> {
  const known = world.trees.flatMap(({ source, parent }) => {
    const from = world.endpoints.filter(({ peer }) => peer === parent).map(({ address }) => sourceOf(world, address))
    return from.map(address => ({ from: address, vni: source << 12 }))
  })
  const flooded = fc.record({ tunnel: mostlyOf<Omit<Tunnel, 'hops'>>(known, tunnelsTo(world)), hops })
  return flooded.map(({ tunnel, hops }) => ({ ...tunnel, hops }))
}

/** For whom it knows a way. */
function relayedTunnelsTo(world: World): fc.Arbitrary<Tunnel> {
  const others = world.hops.map(({ peer }) => peer).filter(peer => peer !== 0 && peer !== world.config.self)
  const ends = fc.tuple(mostlyOf(others, anyPeer), mostlyOf(others, anyPeer))
  const relayed = fc.record({ tunnel: tunnelsTo(world), ends })
  return relayed.map(({ tunnel, ends: [source, destination] }) => ({ ...tunnel, vni: (source << 12) | destination }))
}

/** In the name of whom they come from, as probes must. */
function probingTunnelsTo(world: World, isMeant = (_: number) => true): fc.Arbitrary<Tunnel> {
  const meant = world.endpoints.filter(({ address }) => isMeant(address))
  const known = meant.map(({ address, peer }) => ({
    from: sourceOf(world, address),
    vni: (peer << 12) | world.config.self,
    hops: 64,
  }))
  return mostlyOf<Tunnel>(known, tunnelsTo(world))
}

function givenBack(tunnel: Tunnel): Tunnel {
  return { ...tunnel, vni: tunnel.vni | SENT_BY_US }
}

/** What the kernel says of a datagram from there. */
function sourceOf(world: World, address: number): number | string {
  return world.handles.find(({ handle }) => handle === address)?.address ?? address
}

function textOf(address: number | string): string {
  return typeof address === 'string' ? address : address.toString(16).padStart(8, '0')
}

function filled(type: string, payload: Uint8Array): string {
  const bytes = HEADER_BYTES[type as keyof typeof HEADER_BYTES] ?? 0
  return Buffer.from(payload)
    .toString('hex')
    .padEnd(2 * bytes, '0')
}

function judged(
  program: Judged['program'],
  tunnel: fc.Arbitrary<Tunnel | undefined>,
  frame: fc.Arbitrary<string>,
  marked = mark,
): fc.Arbitrary<Judged> {
  return fc.record({ program: fc.constant(program), mark: marked, after, tunnel, frame })
}
