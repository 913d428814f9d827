import { viewOf } from '../wire/big-endian.ts'
import { HEADER_BYTES, HOPS_MAX, keyIdsOf, setHopsLeft, writeHeader } from '../wire/datagram.ts'
import type { CipherKey, DatagramCipher } from '../wire/datagram-cipher.ts'
import type { ForwardingTable, SessionKey } from './forwarding-table.ts'
import { ReplayWindow } from './replay-window.ts'

/** What a peer was sent and has sent, since this router knows it: authentic datagrams, with header and tag. */
export interface PeerBytes {
  sentBytes: number
  receivedBytes: number
}

export interface SealingSession {
  /** Of the peer: goes on with its next key. */
  readonly bytes: PeerBytes
  readonly ids: SessionKey
  readonly cipherKey: CipherKey
  /** As it begins every datagram, but for kind and counter. */
  readonly header: DataView
  /** Next counter: survives every new table, because a counter must never repeat under its key. */
  counter: number
}

export interface OpeningSession {
  readonly bytes: PeerBytes
  readonly ids: SessionKey
  readonly cipherKey: CipherKey
  readonly replay: ReplayWindow
}

/** A datagram of `length` bytes was authentic: its counter is used up. Hot path. */
export function markOpened({ replay, bytes }: OpeningSession, counter: number, length: number): void {
  replay.mark(counter)
  bytes.receivedBytes += length
}

/**
 * The keys, by peer and by the key ids that a datagram names. A router has keys for all peers, and frames for few of them at a time: a
 * session is begun, and its key loaded, by the first datagram.
 */
export class SessionTable {
  readonly #cipher: DatagramCipher
  #self = 0
  #sealingKeys: ReadonlyMap<number, SessionKey> = new Map()
  #openingKeys: ReadonlyMap<number, SessionKey> = new Map()
  readonly #sealing = new Map<number, SealingSession>()
  readonly #opening = new Map<number, OpeningSession>()
  readonly #bytes = new Map<number, PeerBytes>()
  #lastPeer = 0
  #lastKeyIds = 0
  #lastOpening: OpeningSession | undefined

  constructor(cipher: DatagramCipher) {
    this.#cipher = cipher
  }

  get bytes(): ReadonlyMap<number, Readonly<PeerBytes>> {
    return this.#bytes
  }

  sealingFor(peer: number): SealingSession | undefined {
    return this.#sealing.get(peer) ?? this.#beginSealing(peer)
  }

  /** Quick for runs of datagrams of one peer. Hot path. */
  openingFor(peer: number, keyIds: number): OpeningSession | undefined {
    if (peer !== this.#lastPeer || keyIds !== this.#lastKeyIds || this.#lastOpening === undefined) {
      const index = openingIndex(peer, keyIds)
      this.#lastPeer = peer
      this.#lastKeyIds = keyIds
      this.#lastOpening = this.#opening.get(index) ?? this.#beginOpening(index, peer)
    }
    return this.#lastOpening
  }

  /** Keeps what stays, with its counter and window; unloads what is gone. */
  apply({ self, peers }: ForwardingTable): void {
    this.#lastOpening = undefined
    this.#self = self
    this.#sealingKeys = new Map(peers.flatMap(({ shortId, sealing }) => (sealing ? [[shortId, sealing]] : [])))
    this.#openingKeys = new Map(
      peers.flatMap(({ shortId, opening }) =>
        opening.map(ids => [openingIndex(shortId, keyIdsOf(ids.sourceKeyId, ids.destinationKeyId)), ids] as const),
      ),
    )
    this.#endAbsent(this.#sealing, this.#sealingKeys)
    this.#endAbsent(this.#opening, this.#openingKeys)
    for (const { shortId, sealing, opening } of peers) if (sealing || opening.length > 0) this.#bytesOf(shortId)
    const known = new Set(peers.map(({ shortId }) => shortId))
    for (const peer of this.#bytes.keys()) if (!known.has(peer)) this.#bytes.delete(peer)
  }

  #beginSealing(peer: number): SealingSession | undefined {
    const ids = this.#sealingKeys.get(peer)
    if (ids === undefined) return undefined
    const session = {
      ids,
      bytes: this.#bytesOf(peer),
      cipherKey: this.#cipher.load(ids.key),
      header: headerOf(this.#self, peer, ids),
      counter: 0,
    }
    this.#sealing.set(peer, session)
    return session
  }

  #beginOpening(index: number, peer: number): OpeningSession | undefined {
    const ids = this.#openingKeys.get(index)
    if (ids === undefined) return undefined
    const bytes = this.#bytesOf(peer)
    const session = { ids, bytes, cipherKey: this.#cipher.load(ids.key), replay: new ReplayWindow() }
    this.#opening.set(index, session)
    return session
  }

  #bytesOf(peer: number): PeerBytes {
    const known = this.#bytes.get(peer) ?? { sentBytes: 0, receivedBytes: 0 }
    this.#bytes.set(peer, known)
    return known
  }

  #endAbsent(sessions: Map<number, SealingSession | OpeningSession>, keys: ReadonlyMap<number, SessionKey>): void {
    for (const [index, { ids, cipherKey }] of sessions) {
      const key = keys.get(index)
      if (key !== undefined && isSameSession(ids, key)) continue
      this.#cipher.unload(cipherKey)
      sessions.delete(index)
    }
  }
}

function headerOf(source: number, destination: number, { sourceKeyId, destinationKeyId }: SessionKey): DataView {
  const bytes = new Uint8Array(HEADER_BYTES)
  writeHeader(bytes, 0, { kind: 0, source, destination, sourceKeyId, destinationKeyId, counter: 0 })
  setHopsLeft(bytes, 0, HOPS_MAX)
  return viewOf(bytes)
}

function openingIndex(peer: number, keyIds: number): number {
  return peer * 0x1_0000_0000 + keyIds
}

/** Compares the keys too: after a restart a peer may draw a key id that it had before. */
function isSameSession(a: SessionKey, b: SessionKey): boolean {
  const hasSameIds = a.sourceKeyId === b.sourceKeyId && a.destinationKeyId === b.destinationKeyId
  return hasSameIds && a.key.every((byte, i) => byte === b.key[i])
}
