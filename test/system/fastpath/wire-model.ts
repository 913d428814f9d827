import { isHandle, isReserved, isTunnel, readFrame } from './frame-facts.ts'
import type { Verdict, World } from './judged-frame.ts'

/** What the kernel knows of the network that `from_wire` is on. Addresses and MACs are in hexadecimal, of both families. */
export interface WireNetwork {
  readonly device: number
  readonly mac: string
  /** Of this host. */
  readonly own: { readonly ipv4: string; readonly ipv6: string }
  /** Others on the wire. */
  readonly neighbours: Readonly<Record<string, string>>
  /** Whether this host would route a datagram to there, rather than take it. What it has no route for it does not tell from its own. */
  readonly isElsewhere: (address: string) => boolean
}

type Draft = { -readonly [Key in keyof Verdict]: Verdict[Key] }

/** How an outer header is laid out, by the Ethertype; ends are offsets. */
const FAMILIES = {
  2048: { key: 'ipv4', hops: 22, addresses: 26, width: 4, udp: 34 },
  34525: { key: 'ipv6', hops: 21, addresses: 22, width: 16, udp: 54 },
} as const
const INNER_AT = 16
const INNER_BYTES = 8

/** The short cut of relays: passes on what is surely to be relayed, and touches nothing else. */
export function judgeOnWire(world: World, network: WireNetwork, draft: Draft): void {
  draft.action = 'next'
  const frame = Buffer.from(draft.frame, 'hex')
  const { to, type } = readFrame(draft.frame)
  const family = FAMILIES[type as keyof typeof FAMILIES]
  if (to !== network.mac || family === undefined || !isPlain(frame, family)) return
  const { hops, addresses, width, udp } = family
  const ends = [frame.subarray(addresses, addresses + width), frame.subarray(addresses + width, addresses + 2 * width)]
  const [from = '', own = ''] = ends.map(end => end.toString('hex'))
  const next = nextHop(world, numberOf(world, from), frame.readUInt32BE(udp + 12))
  if (next === undefined || isHandle(next) !== (width === 16) || network.isElsewhere(own)) return
  const inner = frame.toString('hex', udp + INNER_AT, udp + INNER_AT + 6)
  const address = addressOf(world, next)
  const mac = address === undefined ? undefined : network.neighbours[address]
  if (isReserved(inner) || address === undefined || mac === undefined) return

  frame.write(mac + network.mac, 0, 'hex')
  frame[hops] = (frame[hops] ?? 0) - 1
  frame.write(network.own[family.key] + address, addresses, 'hex')
  if (width === 4) frame.writeUInt16BE(0, 24)
  if (width === 4) frame.writeUInt16BE(0xffff - sumOf(frame.subarray(14, 34)), 24)
  draft.frame = frame.toString('hex')
  draft.action = 'redirect'
  draft.redirect = { device: network.device, flags: 0 }
  draft.counters = { relayed: 1 }
  const source = frame.readUInt32BE(udp + 12) >>> 20
  draft.traffic = { [source]: { framesRelayed: 1, bytesRelayed: frame.length - udp - INNER_AT } }
}

/** A datagram of VXLAN as kernels send it, and with hops left. */
function isPlain(frame: Buffer, family: (typeof FAMILIES)[keyof typeof FAMILIES]): boolean {
  const { hops, udp, width } = family
  if (frame.length < udp + INNER_AT + INNER_BYTES || (frame[hops] ?? 0) <= 1) return false
  const isOfIp = width === 4 ? isPlainIpv4(frame) : isPlainIpv6(frame)
  const isOfVxlan = frame.readUInt32BE(udp + 8) === 0x0800_0000 && frame[udp + 15] === 0
  return isOfIp && frame.readUInt16BE(udp + 2) === 6784 && frame.readUInt16BE(udp + 6) === 0 && isOfVxlan
}

function isPlainIpv4(frame: Buffer): boolean {
  const isWhole = frame[14] === 0x45 && (frame.readUInt16BE(20) & 0xbfff) === 0 && frame[23] === 17
  return isWhole && frame.readUInt16BE(16) === frame.length - 14 && sumOf(frame.subarray(14, 34)) === 0xffff
}

function isPlainIpv6(frame: Buffer): boolean {
  return (frame[14] ?? 0) >> 4 === 6 && frame[20] === 17 && frame.readUInt16BE(18) === frame.length - 54
}

function nextHop(world: World, from: number | undefined, flagsOfVni: number): number | undefined {
  const [source, destination] = [flagsOfVni >>> 20, (flagsOfVni >>> 8) & 0xfff]
  const { self } = world.config
  const member = world.hops.find(({ peer }) => peer === source)
  const next = world.hops.find(({ peer }) => peer === destination)?.address ?? 0
  const isKnown = from !== undefined && world.endpoints.some(({ address }) => address === from)
  const isRelayed = self !== 0 && ![0, self].includes(destination) && ![0, self].includes(source)
  const isInTunnel = isTunnel(from ?? 0) || isTunnel(next)
  return isKnown && isRelayed && member?.isMember && next !== 0 && next !== from && !isInTunnel ? next : undefined
}

function numberOf(world: World, address: string): number | undefined {
  if (address.length === 32) return world.handles.find(known => known.address === address)?.handle
  const number = Number.parseInt(address, 16)
  return isHandle(number) ? undefined : number
}

function addressOf(world: World, next: number): string | undefined {
  if (!isHandle(next)) return next.toString(16).padStart(8, '0')
  return world.handles.find(({ handle }) => handle === next)?.address
}

/** RFC 1071. */
function sumOf(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return sum
}
