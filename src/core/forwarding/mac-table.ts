/** Weave row PEER-13. */
export const MAC_AGE_MS = 10 * 60_000
export const MACS_MAX = 65_536

interface Entry {
  peer: number
  seenAt: number
}

/** Which peer an Ethernet address was last seen behind. The address is its 48 bits as a number. */
export class MacTable {
  readonly #entries = new Map<number, Entry>()

  get size(): number {
    return this.#entries.size
  }

  /** Notes the sender of a frame. A full table forgets what it learnt first. */
  learn(mac: number, peer: number, now: number): void {
    const known = this.#entries.get(mac)
    if (known !== undefined) {
      known.peer = peer
      known.seenAt = now
      return
    }
    if (this.#entries.size >= MACS_MAX) this.#forgetOldest()
    this.#entries.set(mac, { peer, seenAt: now })
  }

  /** The peer behind which `mac` was seen within the last ten minutes. */
  lookup(mac: number, now: number): number | undefined {
    const entry = this.#entries.get(mac)
    if (entry === undefined) return undefined
    if (now - entry.seenAt <= MAC_AGE_MS) return entry.peer
    this.#entries.delete(mac)
    return undefined
  }

  forgetPeer(peer: number): void {
    for (const [mac, entry] of this.#entries) if (entry.peer === peer) this.#entries.delete(mac)
  }

  #forgetOldest(): void {
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
