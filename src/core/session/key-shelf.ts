const KEY_BYTES = 32

/** Keys of 32 bytes by short id, side by side: objects of their own would take several times as much for each of thousands. */
export class KeyShelf {
  #bytes = new Uint8Array(0)

  put(shortId: number, key: Uint8Array): void {
    const end = (shortId + 1) * KEY_BYTES
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(key, shortId * KEY_BYTES)
  }

  /** A copy. */
  take(shortId: number): Uint8Array {
    return this.#bytes.slice(shortId * KEY_BYTES, (shortId + 1) * KEY_BYTES)
  }

  holds(shortId: number, key: Uint8Array): boolean {
    for (let i = 0; i < KEY_BYTES; i++) if (this.#bytes[shortId * KEY_BYTES + i] !== key[i]) return false
    return true
  }

  wipe(shortId: number): void {
    this.#bytes.fill(0, shortId * KEY_BYTES, (shortId + 1) * KEY_BYTES)
  }

  wipeAll(): void {
    this.#bytes.fill(0)
  }
}
