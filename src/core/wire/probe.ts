/** Tells whether datagrams pass between two routers, how long they take, and how large they may be. */
export interface Probe {
  readonly sequence: number
  readonly isReply: boolean
  /** Of a probe that measures the path: bytes of the whole datagram. It is filled up to that size, and never cut on its way. */
  readonly datagramBytes?: number
}

export const PROBE_BYTES = 5

const REPLY = 1
const MEASURING = 2

export function writeProbe(bytes: Uint8Array, offset: number, probe: Probe): void {
  new DataView(bytes.buffer, bytes.byteOffset + offset).setUint32(0, probe.sequence)
  bytes[offset + 4] = (probe.isReply ? REPLY : 0) | (probe.datagramBytes === undefined ? 0 : MEASURING)
}

/** `datagramBytes`: of the datagram that it came in. */
export function readProbe(bytes: Uint8Array, offset: number, datagramBytes: number): Probe {
  const sequence = new DataView(bytes.buffer, bytes.byteOffset + offset).getUint32(0)
  const flags = bytes[offset + 4] ?? 0
  const isReply = (flags & REPLY) !== 0
  return (flags & MEASURING) === 0 ? { sequence, isReply } : { sequence, isReply, datagramBytes }
}
