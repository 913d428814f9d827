import { ByteWriter } from '../../base/bytes.ts'
import { type AgreementKey, type Cryptography, NODE_CRYPTOGRAPHY } from './crypto.ts'

export const REKEY_AFTER_MS = 10 * 60_000
/** How long a replaced key still opens what was sealed before all had heard of its successor. */
export const REKEY_OVERLAP_MS = 60_000

/** Keys of peers remembered under one own key; when there are more, it is replaced. */
const MET_MAX = 16_384
/** Re-keys that one peer can force in a period. */
export const FORCED_MAX = 8

/** A peer's announced key. */
export interface AnnouncedKey {
  readonly keyId: number
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array
}

/** As in the forwarding table: one direction, and the two key ids that name it. */
export interface DerivedKey {
  readonly sourceKeyId: number
  readonly destinationKeyId: number
  readonly key: Uint8Array
}

interface OwnKey {
  /** Counts this router's keys. */
  readonly generation: number
  readonly keyId: number
  readonly agreement: AgreementKey
}

interface PeerKeys {
  current: AnnouncedKey
  previous: AnnouncedKey | undefined
  previousUntil: number
  /** Derived when first asked for. */
  sealing: DerivedKey | undefined
  opening: readonly DerivedKey[] | undefined
}

/**
 * This router's short-lived keys and those of the others; the pair key of any two is HKDF over X25519, one for each direction.
 * A private key lives for at most a re-key period and its overlap: what it sealed cannot be read afterwards (forward secrecy).
 */
export class SessionKeys {
  readonly #self: number
  readonly #random: (length: number) => Uint8Array
  readonly #peers = new Map<number, PeerKeys>()
  readonly #cryptography: Cryptography
  /** Keys of peers that were met under the current own key, and under the one before. */
  #met = new Set<string>()
  #metBefore = new Set<string>()
  /** Own keys up to this generation are of no more use with the peer. */
  readonly #barred = new Map<number, number>()
  /** Re-keys that peers have forced, and since when they are counted. */
  readonly #forced = new Map<number, { readonly count: number; readonly since: number }>()
  #generations = 0
  #current: OwnKey
  #previous: OwnKey | undefined
  #previousUntil = 0
  #rekeyAt: number
  /** When the first of the replaced keys has to go. */
  #overlapsEndAt = Number.POSITIVE_INFINITY

  constructor(
    self: number,
    random: (length: number) => Uint8Array,
    now: number,
    cryptography: Cryptography = NODE_CRYPTOGRAPHY,
  ) {
    this.#self = self
    this.#random = random
    this.#cryptography = cryptography
    const [high = 0, low = 0] = random(2)
    this.#current = this.#generate((high << 8) | low)
    this.#rekeyAt = now + REKEY_AFTER_MS
  }

  get announced(): AnnouncedKey {
    return { keyId: this.#current.keyId, publicKey: this.#current.agreement.publicKey }
  }

  get deadline(): number {
    return Math.min(this.#rekeyAt, this.#overlapsEndAt)
  }

  /** True when keys came or went. */
  advance(now: number): boolean {
    if (now < this.deadline) return false
    if (now >= this.#overlapsEndAt) this.#endOverlaps(now)
    if (now >= this.#rekeyAt) this.#rekey(now)
    return true
  }

  /**
   * A key that comes back after another one, or after the peer was forgotten, finds its counters and replay windows gone: with the
   * same own key it would seal under nonces that were used, and open what was opened. Hence the re-key, which a peer can force a few
   * times in a period only; then it has no keys with us until the next one.
   */
  announce(peer: number, key: AnnouncedKey, now: number): void {
    const known = this.#peers.get(peer)
    if (known !== undefined && isSameKey(known.current, key)) return
    const met = metIndex(peer, key)
    const isBack = this.#met.has(met) || this.#metBefore.has(met)
    if (isBack) this.#barred.set(peer, this.#current.generation)
    if (isBack ? this.#mayForce(peer, now) : this.#met.size >= MET_MAX) this.#rekey(now)
    this.#met.add(met)
    const previousUntil = known === undefined ? 0 : now + REKEY_OVERLAP_MS
    if (known !== undefined) this.#overlapsEndAt = Math.min(this.#overlapsEndAt, previousUntil)
    const current = { keyId: key.keyId, publicKey: key.publicKey }
    const underived = { sealing: undefined, opening: undefined }
    this.#peers.set(peer, { current, previous: known?.current, previousUntil, ...underived })
  }

  /** Replaces the own key at once, as when another process has spoken in the name of this router. */
  renew(now: number): void {
    this.#rekey(now)
  }

  /** Drops all keys shared with a router that is no member any more. */
  forget(peer: number): void {
    this.#peers.delete(peer)
  }

  sealingFor(peer: number): DerivedKey | undefined {
    const keys = this.#peers.get(peer)
    if (keys === undefined || !this.#isShared(this.#current, peer)) return undefined
    keys.sealing ??= this.#derive(peer, this.#current, keys.current, 'outgoing')
    return keys.sealing
  }

  openingFor(peer: number): readonly DerivedKey[] {
    const keys = this.#peers.get(peer)
    if (keys === undefined) return []
    keys.opening ??= this.#deriveOpening(peer, keys)
    return keys.opening
  }

  #deriveOpening(peer: number, keys: PeerKeys): readonly DerivedKey[] {
    const all = this.#previous === undefined ? [this.#current] : [this.#current, this.#previous]
    const own = all.filter(key => this.#isShared(key, peer))
    const theirs = keys.previous === undefined ? [keys.current] : [keys.current, keys.previous]
    const pairs = own.flatMap(mine => theirs.map(key => this.#derive(peer, mine, key, 'incoming')))
    return pairs.filter(key => key !== undefined)
  }

  #derive(peer: number, own: OwnKey, theirs: AnnouncedKey, way: 'outgoing' | 'incoming'): DerivedKey | undefined {
    const ours = { shortId: this.#self, keyId: own.keyId, publicKey: own.agreement.publicKey }
    const other = { shortId: peer, keyId: theirs.keyId, publicKey: theirs.publicKey }
    const [source, destination] = way === 'outgoing' ? [ours, other] : [other, ours]
    const secret = own.agreement.agree(theirs.publicKey)
    if (secret === undefined) return undefined
    const key = this.#cryptography.deriveKey(secret, keyInfo(source, destination))
    return { sourceKeyId: source.keyId, destinationKeyId: destination.keyId, key }
  }

  /** A member that goes back and forth between keys must not have everybody replace theirs each time. */
  #mayForce(peer: number, now: number): boolean {
    const forced = this.#forced.get(peer)
    const isPast = forced === undefined || now >= forced.since + REKEY_AFTER_MS
    const count = isPast ? 1 : forced.count + 1
    this.#forced.set(peer, { count, since: isPast ? now : forced.since })
    return count <= FORCED_MAX
  }

  #endOverlaps(now: number): void {
    this.#overlapsEndAt = Number.POSITIVE_INFINITY
    if (this.#previous !== undefined && now >= this.#previousUntil) {
      this.#previous = undefined
      this.#forgetDerived()
    } else if (this.#previous !== undefined) this.#overlapsEndAt = this.#previousUntil
    for (const keys of this.#peers.values()) {
      if (keys.previous === undefined) continue
      if (now < keys.previousUntil) this.#overlapsEndAt = Math.min(this.#overlapsEndAt, keys.previousUntil)
      else Object.assign(keys, { previous: undefined, opening: undefined })
    }
  }

  #forgetDerived(): void {
    for (const keys of this.#peers.values()) Object.assign(keys, { sealing: undefined, opening: undefined })
  }

  #isShared(key: OwnKey, peer: number): boolean {
    return key.generation > (this.#barred.get(peer) ?? 0)
  }

  #rekey(now: number): void {
    this.#previous = this.#current
    this.#previousUntil = now + REKEY_OVERLAP_MS
    this.#current = this.#generate((this.#current.keyId + 1) & 0xffff)
    this.#rekeyAt = now + REKEY_AFTER_MS
    this.#metBefore = this.#met
    this.#overlapsEndAt = Math.min(this.#overlapsEndAt, this.#previousUntil)
    this.#met = new Set([...this.#peers].map(([peer, keys]) => metIndex(peer, keys.current)))
    this.#forgetDerived()
  }

  #generate(keyId: number): OwnKey {
    return {
      generation: ++this.#generations,
      keyId,
      agreement: this.#cryptography.createAgreementKey(this.#random(32)),
    }
  }
}

interface KeyEnd {
  readonly shortId: number
  readonly keyId: number
  readonly publicKey: Uint8Array
}

/** HKDF's `info`: binds the key to its use, both routers, both keys and the direction. */
function keyInfo(source: KeyEnd, destination: KeyEnd): Uint8Array {
  const writer = new ByteWriter().bytes(new TextEncoder().encode('weave data v1'))
  for (const end of [source, destination]) writer.u16(end.shortId).u16(end.keyId).bytes(end.publicKey)
  return writer.finish()
}

function metIndex(peer: number, key: AnnouncedKey): string {
  return `${peer} ${key.keyId} ${String.fromCharCode(...key.publicKey)}`
}

function isSameKey(a: AnnouncedKey, b: AnnouncedKey): boolean {
  return a.keyId === b.keyId && a.publicKey.every((byte, i) => byte === b.publicKey[i])
}
