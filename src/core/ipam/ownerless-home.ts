import type { IpamOwnerless } from './api.ts'
import { GRACE_MS } from './contacts.ts'
import { LastWords } from './last-words.ts'
import type { PeerView } from './peer-views.ts'
import { type Range, without } from './range.ts'
import { countOf } from './reserve.ts'
import { Silences } from './silences.ts'
import type { Territory } from './territory.ts'

/** Nobody has spoken for a part of the own range for so long: it has no owner. By then who is out of reach uses nothing any more. */
const OWNERLESS_MS = GRACE_MS
/** The same for addresses that containers of this router have, so that it comes before whose range they are of. */
const LEASED_MS = 5 * 60_000
const LOOK_EVERY_MS = 5 * 60_000
/** Who has been in reach for so long has taken its containers' addresses again: two looks, by clocks that run apart. */
const PRESENT_MS = 3 * LOOK_EVERY_MS

/**
 * Space that this router takes again because it has no owner. So it is with what a member that lied claimed while the owner was
 * down, and then claimed no more.
 *
 *     owned ──better claim──▶ another's ──claimed no more──▶ silent ──OWNERLESS_MS, all members accounted for──▶ taken again
 *                                 ▲                             │
 *                                 └──────── spoken for ─────────┘
 *
 * Whatever anybody says counts, also what is refused: it may turn out to be lawful.
 */
export class OwnerlessHome {
  readonly #territory: Territory
  readonly #silences = new Silences()
  readonly #lastWords = new LastWords()
  #lookAt: number | undefined

  constructor(territory: Territory) {
    this.#territory = territory
  }

  get deadline(): number {
    return this.#lookAt ?? Number.POSITIVE_INFINITY
  }

  /** What of it has no owner, in ranges that do not overlap; nothing between looks. */
  look(now: number): readonly Range[] {
    const dueAt = this.#lookAt ?? now
    if (now < dueAt || !this.#territory.homes.areKnown) return []
    // Nothing is known of a time in which nobody looked.
    if (now >= dueAt + LOOK_EVERY_MS) this.#silences.clear()
    this.#lookAt = now + LOOK_EVERY_MS
    this.#lastWords.note(this.#territory)
    const leased = this.#leasedUnowned
    const home = this.#home
    const spoken = this.#spoken
    const watched = [...home, ...leased.flatMap(range => without(range, home))]
    this.#silences.note(
      watched.flatMap(range => without(range, spoken)),
      now,
    )
    const ownHome = this.#areAllAccountedFor(now) ? this.#silentFor(OWNERLESS_MS, home, now) : []
    return [...ownHome, ...this.#silentFor(LEASED_MS, leased, now).flatMap(range => without(range, ownHome))]
  }

  /** What waits to be taken again until something is known of members that are out of reach. */
  heldUp(now: number): IpamOwnerless | undefined {
    const parts = this.#silentFor(OWNERLESS_MS, this.#home, now)
    const { contacts } = this.#territory
    const waitsFor = [...contacts.members].filter(
      peer => !contacts.isReachable(peer) && this.#lastWords.of(peer) === undefined,
    )
    return parts.length === 0 || waitsFor.length === 0 ? undefined : { addresses: countOf(parts), waitsFor }
  }

  get #home(): readonly Range[] {
    const { homes, self } = this.#territory
    return homes.of(self)
  }

  get #leasedUnowned(): readonly Range[] {
    const { leases, space, views, self } = this.#territory
    return leases.all
      .filter(({ address }) => this.#territory.isInUniverse(address) && space.at(address) === undefined)
      .map(({ address }) => ({ from: address, to: address }))
      .filter(range => !views.verdicts.isPromisedBesides(self, range))
  }

  get #spoken(): readonly Range[] {
    const { views, space, grants } = this.#territory
    return [...views.all.flatMap(saidBy), ...space.claims, ...grants, ...this.#lastWords.all]
  }

  /** In contact with most all the while. */
  #silentFor(durationMs: number, ranges: readonly Range[], now: number): readonly Range[] {
    const { majoritySince } = this.#territory.contacts
    if (majoritySince === undefined || now - majoritySince < durationMs) return []
    return ranges.flatMap(range => this.#silences.within(range, now - durationMs))
  }

  /** In reach for long, or out of it for so long that it uses nothing any more, and known what it may think to have. */
  #areAllAccountedFor(now: number): boolean {
    const { contacts, homes } = this.#territory
    return [...contacts.members].every(peer =>
      contacts.isReachable(peer)
        ? now - (contacts.presentSince(peer) ?? now) >= PRESENT_MS
        : homes.isLost(peer) && this.#lastWords.of(peer) !== undefined,
    )
  }
}

/** Of one from an earlier life of this router only what counted is known. */
function saidBy({ claims, grants, body }: PeerView): readonly Range[] {
  return [...claims, ...grants, ...(body?.claims ?? []), ...(body?.grants ?? [])]
}
