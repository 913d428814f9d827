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

/** The loaded keys, by peer and by the key ids that a datagram names. */
export class SessionTable {
  readonly #cipher: DatagramCipher
  #sealing = new Map<number, SealingSession>()
  #opening = new Map<number, OpeningSession>()
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
    return this.#sealing.get(peer)
  }

  /** Quick for runs of datagrams of one peer. Hot path. */
  openingFor(peer: number, keyIds: number): OpeningSession | undefined {
    if (peer !== this.#lastPeer || keyIds !== this.#lastKeyIds || this.#lastOpening === undefined) {
      this.#lastPeer = peer
      this.#lastKeyIds = keyIds
      this.#lastOpening = this.#opening.get(openingIndex(peer, keyIds))
    }
    return this.#lastOpening
  }

  /** Keeps what stays, with its counter and window; loads what is added; unloads what is gone. */
  apply(table: ForwardingTable): void {
    this.#lastOpening = undefined
    const sealing = new Map<number, SealingSession>()
    const opening = new Map<number, OpeningSession>()
    for (const peer of table.peers) {
      if (peer.sealing !== undefined)
        sealing.set(peer.shortId, this.#keepSealing(table.self, peer.shortId, peer.sealing))
      for (const ids of peer.opening) {
        const index = openingIndex(peer.shortId, keyIdsOf(ids.sourceKeyId, ids.destinationKeyId))
        opening.set(index, this.#keepOpening(index, peer.shortId, ids))
      }
    }
    this.#unloadAbsent(this.#sealing, sealing)
    this.#unloadAbsent(this.#opening, opening)
    this.#sealing = sealing
    this.#opening = opening
    const peers = new Set(table.peers.map(({ shortId }) => shortId))
    for (const peer of this.#bytes.keys()) if (!peers.has(peer)) this.#bytes.delete(peer)
  }

  #keepSealing(self: number, peer: number, ids: SessionKey): SealingSession {
    const known = this.#sealing.get(peer)
    return known !== undefined && isSameSession(known.ids, ids)
      ? known
      : {
          ids,
          bytes: this.#bytesOf(peer),
          cipherKey: this.#cipher.load(ids.key),
          header: headerOf(self, peer, ids),
          counter: 0,
        }
  }

  #keepOpening(index: number, peer: number, ids: SessionKey): OpeningSession {
    const known = this.#opening.get(index)
    return known !== undefined && isSameSession(known.ids, ids)
      ? known
      : { ids, bytes: this.#bytesOf(peer), cipherKey: this.#cipher.load(ids.key), replay: new ReplayWindow() }
  }

  #bytesOf(peer: number): PeerBytes {
    const known = this.#bytes.get(peer) ?? { sentBytes: 0, receivedBytes: 0 }
    this.#bytes.set(peer, known)
    return known
  }

  #unloadAbsent<T extends { readonly cipherKey: CipherKey }>(before: Map<number, T>, after: Map<number, T>): void {
    for (const [index, session] of before) {
      if (after.get(index) !== session) this.#cipher.unload(session.cipherKey)
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
