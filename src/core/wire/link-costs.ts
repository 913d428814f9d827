import { ByteReader, ByteWriter } from '../../base/bytes.ts'

const ENTRY_BYTES = 4

/** The body of topic `costs`: peers, ascending, and what the sender's operator says that the way straight to each costs. */
export function encodeLinkCosts(costs: ReadonlyMap<number, number>): Uint8Array {
  const writer = new ByteWriter()
  for (const [peer, cost] of [...costs].sort(([a], [b]) => a - b)) writer.u16(peer).u16(cost)
  return writer.finish()
}

/** Undefined when the body is none. */
export function decodeLinkCosts(body: Uint8Array): ReadonlyMap<number, number> | undefined {
  if (body.length % ENTRY_BYTES !== 0) return undefined
  const reader = new ByteReader(body)
  const costs = new Map<number, number>()
  let last = 0
  while (reader.remaining > 0) {
    const [peer, cost] = [reader.u16(), reader.u16()]
    if (peer <= last || cost === 0) return undefined
    costs.set(peer, cost)
    last = peer
  }
  return costs
}
