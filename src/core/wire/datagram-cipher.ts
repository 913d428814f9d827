/** A loaded key; a number so that the per-frame path handles no objects. */
export type CipherKey = number

/**
 * AES-256-GCM over one datagram, in place (NIST SP 800-38D). Of the 20-byte header at `offset` all but the hops left is
 * authenticated (`writeAuthenticated`), the payload behind it is encrypted. Nonce: four zero bytes, then `counter` as 64 bits
 * big-endian; the caller never repeats a counter under a key.
 */
export interface DatagramCipher {
  /** `key`: 32 bytes. */
  load(key: Uint8Array): CipherKey
  /** The key must not be used afterwards. */
  unload(key: CipherKey): void
  /** Encrypts `length` bytes behind the header, writes the 16-byte tag behind them and `counter` into the header. */
  seal(key: CipherKey, counter: number, datagram: Uint8Array, offset: number, length: number): void
  /** The counter is the header's; `length` counts ciphertext and tag. Returns false for a forgery; what is behind the header is then undefined. */
  open(key: CipherKey, datagram: Uint8Array, offset: number, length: number): boolean
}
