import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { decodeFastNeighbours, encodeFastNeighbours } from './fast-neighbours.ts'

const KEY_BYTES = 32

/** The body of topic `tunnel`. */
export interface TunnelNotice {
  /** Of the WireGuard device: X25519, 32 bytes. */
  readonly publicKey: Uint8Array
  readonly port: number
  /** Peers that the sender exchanges VXLAN with inside the tunnel, ascending. */
  readonly neighbours: readonly number[]
}

export function encodeTunnelNotice({ publicKey, port, neighbours }: TunnelNotice): Uint8Array {
  return new ByteWriter().bytes(publicKey).u16(port).bytes(encodeFastNeighbours(neighbours)).finish()
}

/** Undefined when the body is none. */
export function decodeTunnelNotice(body: Uint8Array): TunnelNotice | undefined {
  const reader = new ByteReader(body)
  const publicKey = reader.bytes(KEY_BYTES)
  const port = reader.u16()
  if (reader.failure !== undefined || port === 0) return undefined
  const neighbours = decodeFastNeighbours(reader.bytes(reader.remaining))
  return neighbours === undefined ? undefined : { publicKey: publicKey.slice(), port, neighbours }
}
