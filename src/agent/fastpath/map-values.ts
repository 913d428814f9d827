/** Values of the maps, as bpf/fast-path.h lays them out. Addresses are numbers; in the maps they are in the order of the host. */

export const CHILDREN_MAX = 256
export const PEERS_MAX = 4096
export const MACS_MAX = 65536
/** Owner of addresses that the sleeve brought. */
export const SLEEVE = 0
/** In the place of a peer, what is flooded from here. */
export const ALL = 0

/** In the order of `enum counter`. */
export const COUNTER_NAMES = [
  'sent',
  'delivered',
  'relayed',
  'flooded',
  'punted',
  'fromSleeve',
  'probesAnswered',
  'macsMoved',
  'macsHeld',
  'droppedShort',
  'droppedNotReady',
  'droppedReserved',
  'droppedLocal',
  'droppedUnderlay',
  'droppedEndpoint',
  'droppedSource',
  'droppedProbe',
  'droppedSpoofed',
  'droppedTree',
  'droppedRoute',
  'droppedTtl',
] as const

export type FastPathCounters = Readonly<Record<(typeof COUNTER_NAMES)[number], number>>

export interface ConfigValue {
  readonly self: number
  /** Index of the TAP device; 0 when there is no sleeve. */
  readonly tap: number
  readonly vxlan: number
  readonly puntsFloods: boolean
  readonly generation: number
}

export interface HopValue {
  /** Of the next hop; 0 when the peer is not on the fast path. */
  readonly address: number
  readonly isMember: boolean
}

export interface TreeValue {
  /** The peer that floods come from; 0 at the source. */
  readonly parent: number
  /** At most `CHILDREN_MAX`. */
  readonly children: readonly number[]
}

export interface AnswerValue {
  readonly nonce: number
  readonly address: number
  /** Nanoseconds of the monotonic clock. */
  readonly at: bigint
}

export interface OwnerValue {
  /** `SLEEVE` where another than the kernel knows the peer. */
  readonly peer: number
  /** Nanoseconds of the monotonic clock. */
  readonly seenAt: bigint
}

/** Frames as the kernel hands them over: of those that it has joined, or has still to cut, each counts once. */
export interface PeerTraffic {
  readonly framesSent: number
  readonly bytesSent: number
  readonly framesReceived: number
  readonly bytesReceived: number
}

export interface Load {
  readonly frames: number
  readonly bytes: number
}

export const VALUE_BYTES = {
  config: 20,
  hop: 8,
  tree: 8 + 4 * CHILDREN_MAX,
  answer: 16,
  owner: 16,
  traffic: 32,
  load: 16,
  counter: 8,
} as const

export function writeConfig(bytes: Buffer, config: ConfigValue): void {
  const words = [config.self, config.tap, config.vxlan, config.puntsFloods ? 1 : 0, config.generation]
  for (const [i, word] of words.entries()) bytes.writeUInt32LE(word, i * 4)
}

export function readConfig(bytes: Buffer): ConfigValue {
  const word = (i: number) => bytes.readUInt32LE(i * 4)
  return { self: word(0), tap: word(1), vxlan: word(2), puntsFloods: (word(3) & 1) === 1, generation: word(4) }
}

export function writeHop(bytes: Buffer, hop: HopValue): void {
  bytes.writeUInt32LE(hop.address, 0)
  bytes.writeUInt32LE(hop.isMember ? 1 : 0, 4)
}

export function readHop(bytes: Buffer): HopValue {
  return { address: bytes.readUInt32LE(0), isMember: bytes.readUInt32LE(4) !== 0 }
}

export function writeTree(bytes: Buffer, tree: TreeValue): void {
  const children = tree.children.slice(0, CHILDREN_MAX)
  bytes.writeUInt32LE(tree.parent, 0)
  bytes.writeUInt32LE(children.length, 4)
  for (const [i, child] of children.entries()) bytes.writeUInt32LE(child, 8 + i * 4)
}

export function readTree(bytes: Buffer): TreeValue {
  const count = Math.min(bytes.readUInt32LE(4), CHILDREN_MAX)
  const children = Array.from({ length: count }, (_, i) => bytes.readUInt32LE(8 + i * 4))
  return { parent: bytes.readUInt32LE(0), children }
}

export function readAnswer(bytes: Buffer): AnswerValue {
  return { nonce: bytes.readUInt32LE(0), address: bytes.readUInt32LE(4), at: bytes.readBigUInt64LE(8) }
}

export function readOwner(bytes: Buffer): OwnerValue {
  return { peer: bytes.readUInt32LE(0), seenAt: bytes.readBigUInt64LE(8) }
}

/** Sums what each processor has counted. */
export function readTraffic(bytes: Buffer): PeerTraffic {
  const [framesSent = 0, bytesSent = 0, framesReceived = 0, bytesReceived = 0] = sumColumns(bytes, 4)
  return { framesSent, bytesSent, framesReceived, bytesReceived }
}

export function readLoad(bytes: Buffer): Load {
  const [frames = 0, count = 0] = sumColumns(bytes, 2)
  return { frames, bytes: count }
}

export function readCounter(bytes: Buffer): number {
  return sumColumns(bytes, 1)[0] ?? 0
}

function sumColumns(bytes: Buffer, columns: number): readonly number[] {
  const sums = new Array<number>(columns).fill(0)
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const column = (at / 8) % columns
    sums[column] = (sums[column] ?? 0) + Number(bytes.readBigUInt64LE(at))
  }
  return sums
}
