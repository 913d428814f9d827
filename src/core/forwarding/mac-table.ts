import { readU16, readU32 } from '../wire/big-endian.ts'
import type { ForwarderCounters } from './forwarder-counters.ts'

/** Weave row PEER-13. */
export const MAC_AGE_MS = 10 * 60_000
/** An address stays with the peer that it was seen behind for as long after the last frame from there; as in bpf/fast-path.h. */
export const MAC_HOLD_MS = 2_000
export const MACS_MAX = 65_536
/** Of one peer, so that no peer which invents addresses has those of others forgotten. */
export const MACS_PER_PEER_MAX = 16_384

/** So many addresses of a table are told of. */
export const MACS_LISTED_MAX = 1_000

/** An Ethernet address, as its 48 bits, and the peer that it was seen behind so long ago. */
export interface MacSighting {
  readonly mac: number
  readonly peer: number
  readonly agoMs: number
}

export interface MacListing {
  /** Of all that a table holds. */
  readonly count: number
  /** At most `MACS_LISTED_MAX`. */
  readonly listed: readonly MacSighting[]
}

type MacCounters = Pick<ForwarderCounters, 'macsMoved' | 'macsHeld' | 'macsForgotten'>

const NO_MAC = -1

interface Entry {
  peer: number
  seenAt: number
}

/**
 * Which peer an Ethernet address was last seen behind. The address is its 48 bits as a number. Frames come in runs of one sender
 * and one receiver, so what was found last is kept at hand.
 */
export class MacTable {
  readonly #counters: MacCounters
  readonly #entries = new Map<number, Entry>()
  /** Addresses of each peer in the order in which they were learnt. */
  readonly #ofPeer = new Map<number, Set<number>>()
  #learntMac = NO_MAC
  #learnt: Entry | undefined
  #lookedUpMac = NO_MAC
  #lookedUp: Entry | undefined

  constructor(counters: MacCounters) {
    this.#counters = counters
  }

  get size(): number {
    return this.#entries.size
  }

  /**
   * Notes the sender of a frame. False when the address belongs to another peer that has used it within the last moments: whoever
   * borrows the address of a container that is alive gets none of its frames. Hot path.
   */
  learn(mac: number, peer: number, now: number): boolean {
    const known = mac === this.#learntMac ? this.#learnt : this.#entries.get(mac)
    if (known === undefined) {
      this.#give(mac, peer)
      this.#entries.set(mac, { peer, seenAt: now })
      return true
    }
    if (known.peer !== peer && !this.#move(mac, known, { peer, now })) return false
    known.seenAt = now
    this.#learntMac = mac
    this.#learnt = known
    return true
  }

  /** The peer behind which `mac` was seen within the last ten minutes. */
  lookup(mac: number, now: number): number | undefined {
    const entry = mac === this.#lookedUpMac ? this.#lookedUp : this.#entries.get(mac)
    if (entry === undefined) return undefined
    if (now - entry.seenAt > MAC_AGE_MS) {
      this.#forget(mac)
      return undefined
    }
    this.#lookedUpMac = mac
    this.#lookedUp = entry
    return entry.peer
  }

  /** What it holds, but for what `lookup` would forget; of too many, those that it learnt first. */
  list(now: number): MacListing {
    const listed: MacSighting[] = []
    for (const [mac, { peer, seenAt }] of this.#entries) {
      if (listed.length >= MACS_LISTED_MAX) break
      const agoMs = now - seenAt
      if (agoMs <= MAC_AGE_MS) listed.push({ mac, peer, agoMs })
    }
    return { count: this.size, listed }
  }

  forgetPeer(peer: number): void {
    for (const mac of this.#ofPeer.get(peer) ?? []) this.#forget(mac)
    this.#ofPeer.delete(peer)
  }

  #move(mac: number, entry: Entry, { peer, now }: { readonly peer: number; readonly now: number }): boolean {
    if (now - entry.seenAt < MAC_HOLD_MS) {
      this.#counters.macsHeld++
      return false
    }
    this.#counters.macsMoved++
    this.#ofPeer.get(entry.peer)?.delete(mac)
    this.#give(mac, peer)
    entry.peer = peer
    return true
  }

  /** Makes room for it: a full table forgets what it learnt first, of the peer that has too many if it is one peer that does. */
  #give(mac: number, peer: number): void {
    const own = this.#ofPeer.get(peer) ?? new Set<number>()
    this.#ofPeer.set(peer, own)
    if (own.size >= MACS_PER_PEER_MAX) this.#forgetFirst(own)
    else if (this.#entries.size >= MACS_MAX) this.#forgetFirst(this.#entries.keys())
    own.add(mac)
  }

  #forgetFirst(macs: Iterable<number>): void {
    for (const mac of macs) {
      this.#counters.macsForgotten++
      this.#forget(mac)
      return
    }
  }

  #forget(mac: number): void {
    const entry = this.#entries.get(mac)
    if (entry !== undefined) this.#ofPeer.get(entry.peer)?.delete(mac)
    this.#entries.delete(mac)
    this.#learntMac = NO_MAC
    this.#lookedUpMac = NO_MAC
  }
}

/** The Ethernet address that is there. */
export function macAt(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 2)
}
