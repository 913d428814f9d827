import { ByteReader, ByteWriter } from '../../base/bytes.ts'

/** The body of topic `fastPath`, and the end of that of `tunnel`: peers that this router exchanges VXLAN with, two bytes each, ascending. At most 256. */
const NEIGHBOURS_MAX = 256

export function encodeFastNeighbours(peers: readonly number[]): Uint8Array {
  const writer = new ByteWriter()
  for (const peer of [...peers].sort((a, b) => a - b).slice(0, NEIGHBOURS_MAX)) writer.u16(peer)
  return writer.finish()
}

/** Undefined when the body is none. */
export function decodeFastNeighbours(body: Uint8Array): readonly number[] | undefined {
  if (body.length % 2 !== 0 || body.length > 2 * NEIGHBOURS_MAX) return undefined
  const reader = new ByteReader(body)
  const peers: number[] = []
  while (reader.remaining > 0) peers.push(reader.u16())
  return peers.every((peer, i) => peer > (peers[i - 1] ?? 0)) ? peers : undefined
}
