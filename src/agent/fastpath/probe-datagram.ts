/** A question of the fast path, as a VXLAN datagram (RFC 7348) with a frame that no bridge passes on: docs/protocol.md, fast path. */

const VXLAN_HEADER_BYTES = 8
const FRAME_HEADER_BYTES = 14
const PROBE_MAC = Buffer.from([0x01, 0x80, 0xc2, 0x00, 0x00, 0x0f])
const ETHERTYPE = 0x88b6
const QUESTION = 1
const PROBE_BYTES_MIN = 46

export interface FastProbe {
  readonly source: number
  readonly destination: number
  readonly nonce: number
  /** Of the frame without its header: as large as the frames that the path must carry. */
  readonly bytes: number
}

export function probeDatagram(probe: FastProbe): Buffer {
  const bytes = Buffer.alloc(VXLAN_HEADER_BYTES + FRAME_HEADER_BYTES + Math.max(probe.bytes, PROBE_BYTES_MIN))
  bytes[0] = 0x08
  bytes.writeUInt32BE(vniOf(probe.source, probe.destination) * 0x100, 4)
  const frame = bytes.subarray(VXLAN_HEADER_BYTES)
  frame.set(PROBE_MAC, 0)
  frame[6] = 0x02
  frame.writeUInt16BE(probe.source, 10)
  frame.writeUInt16BE(ETHERTYPE, 12)
  frame[14] = QUESTION
  frame.writeUInt32LE(probe.nonce, 16)
  return bytes
}

/** 12 bits of source and 12 of destination; 0 is all. */
export function vniOf(source: number, destination: number): number {
  return source * 0x1000 + destination
}
