import type { PeerName } from '../../base/peer-name.ts'
import { type Range, sizeOfRange } from './range.ts'

/** Halves of the range for halves of the sorted names, again and again (Weave row IPM-03). */
export function shareOf(range: Range, peers: readonly PeerName[], self: PeerName): readonly Range[] {
  if (!peers.includes(self)) return []
  if (peers.length === 1) return [range]
  const half = Math.floor(peers.length / 2)
  const middle = range.from + sizeOfRange(range) / 2n
  return [
    ...shareOf({ from: range.from, to: middle - 1n }, peers.slice(0, half), self),
    ...shareOf({ from: middle, to: range.to }, peers.slice(half), self),
  ]
}
