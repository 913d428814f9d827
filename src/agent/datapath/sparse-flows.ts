const FLOWS = 4096
const STRIDE = 4
const NOTED_AT = 1
const DENSE_AT = 2
/** What a flow may have at once, and what it may have in each millisecond: 256 kbit/s. */
const LEVEL_MAX = 3000
const DRAINED_PER_MS = 32
/** So long after a flow was dense the last, nothing of it waits any more. */
const CALM_MS = 50
const IPV4 = 0x0800
const IPV6 = 0x86dd
const TCP = 6
const UDP = 17
const FRAGMENT_BITS = 0x3fff

/**
 * Tells the frames of flows that have few, as questions and answers are, from those of streams, which may wait (RFC 8290, section 4.2).
 * Who overtakes keeps the order within a flow: one that was dense is sparse again only once nothing of it can be waiting.
 */
export class SparseFlows {
  /** Of each flow: its level, when it was noted last, when it was dense last. Beside each other, in a line of the cache. */
  readonly #flows = new Float64Array(FLOWS * STRIDE).fill(Number.NEGATIVE_INFINITY)

  /**
   * Notes a frame, all of them in their order. True when it may overtake. Flows that share a place are dense sooner than they would be by
   * themselves, and lose nothing else. Hot path.
   */
  note(bytes: Buffer, at: number, length: number, now: number): boolean {
    const flows = this.#flows
    const flow = placeOf(bytes, at) * STRIDE
    const drained = (now - (flows[flow + NOTED_AT] ?? 0)) * DRAINED_PER_MS
    const level = Math.max(0, (flows[flow] ?? 0) - drained) + length
    flows[flow] = Math.min(level, LEVEL_MAX)
    flows[flow + NOTED_AT] = now
    if (level > LEVEL_MAX) flows[flow + DENSE_AT] = now
    return now - (flows[flow + DENSE_AT] ?? 0) > CALM_MS
  }
}

/** By addresses, protocol and ports; a frame that is too short for them has what stood there before, which harms nothing. */
function placeOf(bytes: Buffer, at: number): number {
  const type = bytes.readUInt16BE(at + 12)
  if (type === IPV4) return placeOfIpv4(bytes, at + 14)
  if (type === IPV6) return placeOfIpv6(bytes, at + 14)
  return mix(type, bytes.readInt32LE(at + 2))
}

function placeOfIpv4(bytes: Buffer, at: number): number {
  const protocol = bytes.readUInt8(at + 9)
  const isWhole = (bytes.readUInt16BE(at + 6) & FRAGMENT_BITS) === 0
  const ports = isWhole && hasPorts(protocol) ? bytes.readInt32LE(at + (bytes.readUInt8(at) & 0x0f) * 4) : protocol
  return mix(bytes.readInt32LE(at + 12), bytes.readInt32LE(at + 16) ^ Math.imul(ports, 0x9e3779b1))
}

function placeOfIpv6(bytes: Buffer, at: number): number {
  const protocol = bytes.readUInt8(at + 6)
  const ports = hasPorts(protocol) ? bytes.readInt32LE(at + 40) : protocol
  return mix(bytes.readInt32LE(at + 20), bytes.readInt32LE(at + 36) ^ Math.imul(ports, 0x9e3779b1))
}

function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === UDP
}

function mix(one: number, other: number): number {
  const mixed = Math.imul(one ^ Math.imul(other, 0x85ebca6b), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 15)) & (FLOWS - 1)
}
