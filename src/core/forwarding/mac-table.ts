/** Weave row PEER-13. */
export const MAC_AGE_MS = 10 * 60_000
export const MACS_MAX = 65_536

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
  readonly #entries = new Map<number, Entry>()
  #learntMac = NO_MAC
  #learnt: Entry | undefined
  #lookedUpMac = NO_MAC
  #lookedUp: Entry | undefined

  get size(): number {
    return this.#entries.size
  }

  /** Notes the sender of a frame. A full table forgets what it learnt first. */
  learn(mac: number, peer: number, now: number): void {
    const known = mac === this.#learntMac ? this.#learnt : this.#entries.get(mac)
    if (known !== undefined) {
      known.peer = peer
      known.seenAt = now
      this.#learntMac = mac
      this.#learnt = known
      return
    }
    if (this.#entries.size >= MACS_MAX) this.#forgetOldest()
    this.#entries.set(mac, { peer, seenAt: now })
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

  forgetPeer(peer: number): void {
    for (const [mac, entry] of this.#entries) if (entry.peer === peer) this.#forget(mac)
  }

  #forgetOldest(): void {
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#forget(oldest)
  }

  #forget(mac: number): void {
    this.#entries.delete(mac)
    this.#learntMac = NO_MAC
    this.#lookedUpMac = NO_MAC
  }
}
