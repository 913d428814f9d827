/** A loaded key; a number so that the per-frame path handles no objects. */
export type CipherKey = number

/** Datagrams one behind the other, header and tag included: `datagramBytes` each, the last of them that many or fewer. */
export interface DatagramRun {
  offset: number
  length: number
  datagramBytes: number
}

/** In one run: as many as a kernel takes (udp(7), UDP_SEGMENT). */
export const RUN_DATAGRAMS_MAX = 64

/**
 * AES-256-GCM over each datagram of a run, in place (NIST SP 800-38D). Of a datagram's 20-byte header all but the hops left is
 * authenticated (`writeAuthenticated`), the payload behind it is encrypted, the tag of 16 bytes is the end. Nonce: four zero bytes,
 * then `counter` as 64 bits big-endian; the caller never repeats a counter under a key. Whole runs, because to begin costs a cipher
 * about as much as the bytes of a datagram.
 */
export interface DatagramCipher {
  /** For each datagram of the run that was opened last: 1 when it was authentic. */
  readonly verdicts: Uint8Array
  /** `key`: 32 bytes. */
  load(key: Uint8Array): CipherKey
  /** The key must not be used afterwards. */
  unload(key: CipherKey): void
  /** Encrypts, writes the tags, and into each header its counter: `counter` and those that follow it. */
  seal(key: CipherKey, counter: number, memory: Uint8Array, run: DatagramRun): void
  /** The counters are the headers'. Returns how many are authentic; what is behind the header of the others is then undefined. */
  open(key: CipherKey, memory: Uint8Array, run: DatagramRun): number
}
