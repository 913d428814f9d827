import type { PeerName } from '../../base/peer-name.ts'
import { type Result, refused } from '../../base/result.ts'
import { isNewer, type Version } from '../gossip/record-store.ts'
import { peerNameOf } from '../session/crypto.ts'
import type { PeerRecord } from '../wire/peer-record.ts'
import { type Judgement, type Member, type Membership, type RecordClaim, toBase64 } from './membership.ts'
import { SHORT_IDS_MAX, shortIdOf } from './short-id.ts'

/** A member that nobody reaches is given up after so long. */
export const GIVE_UP_AFTER_MS = 60_000
/** For so long no record of it is taken that is not newer than the last, unless it is seen to be there: others may give it up later, and still pass it on. */
export const MOURN_MS = 180_000

export const MOURNED = 'a record of a peer that has gone'

interface OpenMember extends Member, Version {}

interface Departure extends Version {
  readonly at: number
}

/**
 * Members are whoever was let in, and whomever such members vouch for by gossip: a record brings its public key along, which must be
 * the one that the peer's name is made of.
 *
 *     unknown ──record──▶ member ──unreachable for 60 s──▶ departed ──a newer record, or it is there──▶ member
 *
 * Short ids follow from names. Where two names come to the same, the lower name keeps it and the other router takes its next
 * choice; every router comes to the same result, in whatever order it hears of the two. Bounded by the number of short ids.
 */
export class OpenMembership implements Membership {
  readonly kind = 'open'
  readonly clusterId = ''
  readonly version = 0
  readonly signed = undefined
  readonly keyBytes = 32
  readonly #self: { readonly name: PeerName; readonly shortId: number }
  readonly #byShortId = new Map<number, OpenMember>()
  readonly #byName = new Map<PeerName, OpenMember>()
  readonly #silentSince = new Map<number, number>()
  readonly #departures = new Map<PeerName, Departure>()

  constructor(self: { readonly name: PeerName; readonly shortId: number }) {
    this.#self = self
  }

  get members(): readonly Member[] {
    return [...this.#byShortId.values()].sort((a, b) => a.shortId - b.shortId)
  }

  get addedRanges(): readonly [] {
    return []
  }

  get size(): number {
    return this.#byShortId.size
  }

  host(shortId: number): Member | undefined {
    return this.#byShortId.get(shortId)
  }

  rangesOf(): readonly [] {
    return []
  }

  hostWithKey(publicKey: Uint8Array): Member | undefined {
    const member = this.#byName.get(peerNameOf(publicKey))
    return member?.publicKey === toBase64(publicKey) ? member : undefined
  }

  judge(record: RecordClaim, rawKey: Uint8Array, isThere = () => false): Judgement {
    const publicKey = toBase64(rawKey)
    if (peerNameOf(rawKey) !== record.name)
      return { kind: 'refused', reason: 'a record with another key than its name’s' }
    if (record.shortId < 1 || record.shortId > SHORT_IDS_MAX) {
      return { kind: 'refused', reason: 'a record with a short id that is none' }
    }
    if (record.name === this.#self.name) return { kind: 'own', publicKey }
    const departure = this.#departures.get(record.name)
    if (departure !== undefined && !isNewer(record, departure) && !isThere()) {
      return { kind: 'refused', reason: MOURNED }
    }
    const known = this.#byName.get(record.name)
    const isMoved = known !== undefined && known.shortId !== record.shortId
    if (isMoved && !isNewer(record, known)) return { kind: 'outranked', publicKey, better: known.shortId }
    const gone = isMoved ? [known.shortId] : []
    const holder =
      record.shortId === this.#self.shortId ? this.#self.name : this.#byShortId.get(record.shortId)?.peerName
    if (holder === undefined || holder === record.name) return { kind: 'member', publicKey, gone }
    if (holder < record.name) return { kind: 'outranked', publicKey, better: record.shortId }
    if (holder === this.#self.name) return { kind: 'takes our number', publicKey }
    return { kind: 'member', publicKey, gone: [...gone, record.shortId] }
  }

  learn(record: PeerRecord, publicKey: Uint8Array): void {
    const { name: peerName, shortId, bootId, version, nickname: host, addresses, port } = record
    const former = this.#byName.get(peerName)
    const holder = this.#byShortId.get(shortId)
    for (const outdated of [former, holder]) if (outdated !== undefined) this.#drop(outdated)
    const member = { peerName, shortId, bootId, version, host, addresses, port, publicKey: toBase64(publicKey) }
    this.#byShortId.set(shortId, member)
    this.#byName.set(peerName, member)
    this.#departures.delete(peerName)
  }

  adopt(): Result<readonly Member[]> {
    return refused('this cluster has no manifest')
  }

  departed(isReachable: (shortId: number) => boolean, now: number): readonly number[] {
    for (const [name, { at }] of this.#departures) if (now >= at + MOURN_MS) this.#departures.delete(name)
    const gone: OpenMember[] = []
    for (const member of this.#byShortId.values()) {
      const { shortId } = member
      if (shortId === this.#self.shortId || isReachable(shortId)) {
        this.#silentSince.delete(shortId)
        continue
      }
      const since = this.#silentSince.get(shortId) ?? now
      this.#silentSince.set(shortId, since)
      if (now >= since + GIVE_UP_AFTER_MS) gone.push(member)
    }
    for (const member of gone) {
      this.#drop(member)
      this.#mourn(member, now)
    }
    return gone.map(member => member.shortId)
  }

  /** Our next choice of a short id that nobody we know of holds; undefined when all are taken. */
  nextNumber(): number | undefined {
    for (let attempt = 0; attempt < 16 * SHORT_IDS_MAX; attempt++) {
      const shortId = shortIdOf(this.#self.name, attempt)
      if (shortId !== this.#self.shortId && !this.#byShortId.has(shortId)) return shortId
    }
    return undefined
  }

  #drop(member: OpenMember): void {
    this.#byShortId.delete(member.shortId)
    this.#byName.delete(member.peerName)
    this.#silentSince.delete(member.shortId)
  }

  #mourn({ peerName, bootId, version }: OpenMember, now: number): void {
    for (const oldest of this.#departures.keys()) {
      if (this.#departures.size < SHORT_IDS_MAX) break
      this.#departures.delete(oldest)
    }
    this.#departures.set(peerName, { bootId, version, at: now })
  }
}
