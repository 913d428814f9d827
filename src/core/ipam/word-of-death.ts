import type { PeerName } from '../../base/peer-name.ts'
import { DEAD_BY_WORD_MS } from './contacts.ts'
import type { Territory } from './territory.ts'

const REMEDY = "'npx weave-provision remove HOST --dead' on the control machine does it at once"

/** Why the other members would not believe this router that the peer is dead: each goes by what it has seen itself. */
export function whyNotDead({ contacts, homes }: Territory, peer: PeerName, now: number): string | undefined {
  if (!homes.areKnown || !homes.isMember(peer)) return undefined
  const since = contacts.goneSince(peer)
  if (since === undefined) {
    return `${contacts.majority} hosts have to be in contact, of which ${contacts.present.length} are; ${REMEDY}`
  }
  const leftMs = since + DEAD_BY_WORD_MS - now
  if (leftMs <= 0) return undefined
  const minutes = DEAD_BY_WORD_MS / 60_000
  return `peer ${peer} may be starting again: the word of one host counts after ${minutes} minutes out of reach, which is in ${Math.ceil(leftMs / 1_000)} s; ${REMEDY}`
}
