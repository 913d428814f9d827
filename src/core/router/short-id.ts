import { macToBytes } from '../../base/mac.ts'
import type { PeerName } from '../../base/peer-name.ts'

export const SHORT_IDS_MAX = 4095

/**
 * The short id that a peer takes at its `attempt`th try, 1 to 4095: FNV-1a, 32 bits, over its name and the attempt. The same on every
 * router and in every life, so that nobody need remember it, and ids of different names are spread evenly.
 */
export function shortIdOf(name: PeerName, attempt = 0): number {
  let hash = 0x811c9dc5
  for (const byte of [...macToBytes(name), attempt >> 8, attempt & 255]) hash = Math.imul(hash ^ byte, 0x01000193)
  // The low bits of FNV depend on the low bits of its input only.
  return 1 + (((hash ^ (hash >>> 15)) >>> 0) % SHORT_IDS_MAX)
}
