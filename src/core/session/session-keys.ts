import { type AgreementKey, type Cryptography, NODE_CRYPTOGRAPHY } from './crypto.ts'
import { type KeyEnd, keyInfo } from './key-info.ts'
import { KeyShelf } from './key-shelf.ts'
import { SettlingKeys } from './settling-keys.ts'

export const REKEY_AFTER_MS = 10 * 60_000
/** How long a replaced key still opens what was sealed before all had heard of its successor. */
export const REKEY_OVERLAP_MS = 60_000
/** How long this router goes on sealing with a replaced key, so that all have heard of its successor by the time it is used. */
export const REKEY_SETTLE_MS = 10_000

/** Keys of peers remembered under one own key; when there are more, it is replaced. */
const MET_MAX = 16_384
const NO_KEYS: readonly DerivedKey[] = []
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

/** The current public key is on a shelf, and so are both keys derived from it and the current own key. */
interface PeerKeys {
  readonly keyId: number
  /** Generation of the own key that the derived ones are of: they are made when first asked for. */
  derivedFor: number
  /** False when nothing can be agreed with the peer's key. */
  isAgreed: boolean
  previous: AnnouncedKey | undefined
  readonly previousUntil: number
  /** Of the pairs of keys beside the current ones, while there are any. */
  overlapping: readonly DerivedKey[] | undefined
}

/**
 * This router's short-lived keys and those of the others; the pair key of any two is HKDF over X25519, one for each direction.
 * A private key lives for at most a re-key period and its overlap: what it sealed cannot be read afterwards (forward secrecy).
 */
export class SessionKeys {
  readonly #self: number
  readonly #random: (length: number) => Uint8Array
  readonly #peers = new Map<number, PeerKeys>()
  readonly #publicKeys = new KeyShelf()
  readonly #sealing = new KeyShelf()
  readonly #opening = new KeyShelf()
  /** Of the few peers that they are asked for. */
  readonly #pairs = new Map<number, Uint8Array>()
  readonly #cryptography: Cryptography
  /** Keys of peers that were met under the current own key, and under the one before. */
  #met = new Set<number>()
  #metBefore = new Set<number>()
  /** Own keys up to this generation are of no more use with the peer. */
  readonly #barred = new Map<number, number>()
  /** Re-keys that peers have forced, and since when they are counted. */
  readonly #forced = new Map<number, { readonly count: number; readonly since: number }>()
  readonly #settling = new SettlingKeys()
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
    return Math.min(this.#rekeyAt, this.#overlapsEndAt, this.#settling.endsAt)
  }

  /** True when keys came or went. */
  advance(now: number): boolean {
    if (now < this.deadline) return false
    if (now >= this.#overlapsEndAt) this.#endOverlaps(now)
    if (now >= this.#settling.endsAt) this.#settling.end()
    if (now >= this.#rekeyAt) this.wear(now)
    return true
  }

  /**
   * A key that comes back after another one, or after the peer was forgotten, finds its counters and replay windows gone: with the
   * same own key it would seal under nonces that were used, and open what was opened. Hence the re-key, which a peer can force a few
   * times in a period only; then it has no keys with us until the next one.
   */
  announce(peer: number, key: AnnouncedKey, now: number): void {
    const known = this.#peers.get(peer)
    if (known !== undefined && known.keyId === key.keyId && this.#publicKeys.holds(peer, key.publicKey)) return
    const met = metIndex(peer, key.publicKey)
    const isBack = this.#met.has(met) || this.#metBefore.has(met)
    if (isBack) this.#barred.set(peer, this.#current.generation)
    if (isBack ? this.#mayForce(peer, now) : this.#met.size >= MET_MAX) this.wear(now)
    this.#settling.drop(peer)
    this.#met.add(met)
    const previousUntil = known === undefined ? 0 : now + REKEY_OVERLAP_MS
    if (known !== undefined) this.#overlapsEndAt = Math.min(this.#overlapsEndAt, previousUntil)
    const previous = known === undefined ? undefined : this.#currentOf(peer, known)
    this.#publicKeys.put(peer, key.publicKey)
    this.#pairs.delete(peer)
    const underived = { derivedFor: 0, isAgreed: false, overlapping: undefined }
    this.#peers.set(peer, { keyId: key.keyId, previous, previousUntil, ...underived })
  }

  /** Replaces the own key at once, as when another process has spoken in the name of this router. */
  renew(now: number): void {
    this.#settling.end()
    this.#rekey(now)
  }

  /** Replaces the own key, which has sealed enough; for those who may not have heard of the next one it seals a little longer. */
  wear(now: number): void {
    const { generation, keyId: sourceKeyId } = this.#current
    const agreed = [...this.#peers].filter(([, keys]) => keys.derivedFor === generation && keys.isAgreed)
    const shared = agreed.filter(([peer]) => this.#isShared(this.#current, peer))
    const keyOf = (peer: number, destinationKeyId: number) =>
      [peer, { sourceKeyId, destinationKeyId, key: this.#sealing.take(peer) }] as const
    this.#settling.begin(
      shared.map(([peer, { keyId }]) => keyOf(peer, keyId)),
      now + REKEY_SETTLE_MS,
    )
    this.#rekey(now)
  }

  /** Drops all keys shared with a router that is no member any more. */
  forget(peer: number): void {
    if (!this.#peers.delete(peer)) return
    this.#pairs.delete(peer)
    this.#settling.drop(peer)
    for (const shelf of [this.#publicKeys, this.#sealing, this.#opening]) shelf.wipe(peer)
  }

  sealingFor(peer: number): DerivedKey | undefined {
    const keys = this.#peers.get(peer)
    if (keys === undefined || !this.#agree(peer, keys)) return undefined
    const settling = this.#settling.get(peer)
    if (settling !== undefined) return settling
    return { sourceKeyId: this.#current.keyId, destinationKeyId: keys.keyId, key: this.#sealing.take(peer) }
  }

  openingFor(peer: number): readonly DerivedKey[] {
    const keys = this.#peers.get(peer)
    if (keys === undefined) return []
    keys.overlapping ??= this.#deriveOverlapping(peer, keys)
    if (!this.#agree(peer, keys)) return keys.overlapping
    const ids = { sourceKeyId: keys.keyId, destinationKeyId: this.#current.keyId }
    return [{ ...ids, key: this.#opening.take(peer) }, ...keys.overlapping]
  }

  /** Sees to it that the keys of the current pair are on their shelves; false when the pair has none. */
  #agree(peer: number, keys: PeerKeys): boolean {
    if (!this.#isShared(this.#current, peer)) return false
    if (keys.derivedFor === this.#current.generation) return keys.isAgreed
    const current = this.#currentOf(peer, keys)
    const secret = this.#current.agreement.agree(current.publicKey)
    keys.derivedFor = this.#current.generation
    keys.isAgreed = secret !== undefined
    if (secret === undefined) return false
    const [ours, theirs] = this.#ends(peer, this.#current, current)
    this.#sealing.put(peer, this.#cryptography.deriveKey(secret, keyInfo('weave data v1', ours, theirs)))
    this.#opening.put(peer, this.#cryptography.deriveKey(secret, keyInfo('weave data v1', theirs, ours)))
    return true
  }

  /** One key for both directions, from the current keys of both: the two ends have the same once each has heard the other's. */
  pairKey(peer: number): Uint8Array | undefined {
    const keys = this.#peers.get(peer)
    if (keys === undefined || !this.#isShared(this.#current, peer)) return undefined
    const key = this.#pairs.get(peer) ?? this.#derivePair(peer, this.#currentOf(peer, keys))
    if (key !== undefined) this.#pairs.set(peer, key)
    return key
  }

  #derivePair(peer: number, theirs: AnnouncedKey): Uint8Array | undefined {
    const secret = this.#current.agreement.agree(theirs.publicKey)
    if (secret === undefined) return undefined
    const [ours, other] = this.#ends(peer, this.#current, theirs)
    const [low, high] = this.#self < peer ? [ours, other] : [other, ours]
    return this.#cryptography.deriveKey(secret, keyInfo('weave tunnel v1', low, high))
  }

  #deriveOverlapping(peer: number, keys: PeerKeys): readonly DerivedKey[] {
    const { previous } = keys
    if (previous === undefined && this.#previous === undefined) return NO_KEYS
    const own = this.#previous === undefined ? [this.#current] : [this.#current, this.#previous]
    const current = this.#currentOf(peer, keys)
    const theirs = previous === undefined ? [current] : [current, previous]
    const pairs = own.flatMap(mine => theirs.map(key => [mine, key] as const))
    const beside = pairs.slice(1).filter(([mine]) => this.#isShared(mine, peer))
    return beside.map(([mine, key]) => this.#deriveOpening(peer, mine, key)).filter(key => key !== undefined)
  }

  #deriveOpening(peer: number, own: OwnKey, theirs: AnnouncedKey): DerivedKey | undefined {
    const secret = own.agreement.agree(theirs.publicKey)
    if (secret === undefined) return undefined
    const [ours, other] = this.#ends(peer, own, theirs)
    const key = this.#cryptography.deriveKey(secret, keyInfo('weave data v1', other, ours))
    return { sourceKeyId: theirs.keyId, destinationKeyId: own.keyId, key }
  }

  #ends(peer: number, own: OwnKey, theirs: AnnouncedKey): readonly [KeyEnd, KeyEnd] {
    const ours = { shortId: this.#self, keyId: own.keyId, publicKey: own.agreement.publicKey }
    return [ours, { shortId: peer, keyId: theirs.keyId, publicKey: theirs.publicKey }]
  }

  #currentOf(peer: number, { keyId }: PeerKeys): AnnouncedKey {
    return { keyId, publicKey: this.#publicKeys.take(peer) }
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
      this.#forgetOverlapping()
    } else if (this.#previous !== undefined) this.#overlapsEndAt = this.#previousUntil
    for (const keys of this.#peers.values()) {
      if (keys.previous === undefined) continue
      if (now < keys.previousUntil) this.#overlapsEndAt = Math.min(this.#overlapsEndAt, keys.previousUntil)
      else Object.assign(keys, { previous: undefined, overlapping: undefined })
    }
  }

  #forgetOverlapping(): void {
    for (const keys of this.#peers.values()) keys.overlapping = undefined
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
    for (const shelf of [this.#sealing, this.#opening]) shelf.wipeAll()
    this.#pairs.clear()
    this.#met = new Set([...this.#peers.keys()].map(peer => metIndex(peer, this.#publicKeys.take(peer))))
    this.#forgetOverlapping()
  }

  #generate(keyId: number): OwnKey {
    return {
      generation: ++this.#generations,
      keyId,
      agreement: this.#cryptography.createAgreementKey(this.#random(32)),
    }
  }
}

/**
 * Of the key its first 32 bits: a peer has few keys, so two that share them are one in a billion and cost a re-key; who makes such
 * keys on purpose forces no more of them than by announcing one key again.
 */
function metIndex(peer: number, publicKey: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = publicKey
  return ((peer * 256 + a) * 256 + b) * 65_536 + c * 256 + d
}
