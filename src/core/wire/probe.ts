/** Tells whether datagrams pass between two neighbours, and how long they take. */
export interface Probe {
  readonly sequence: number
  readonly isReply: boolean
}

export const PROBE_BYTES = 5

export function writeProbe(bytes: Uint8Array, offset: number, probe: Probe): void {
  new DataView(bytes.buffer, bytes.byteOffset + offset).setUint32(0, probe.sequence)
  bytes[offset + 4] = probe.isReply ? 1 : 0
}

export function readProbe(bytes: Uint8Array, offset: number): Probe {
  const sequence = new DataView(bytes.buffer, bytes.byteOffset + offset).getUint32(0)
  return { sequence, isReply: bytes[offset + 4] === 1 }
}
