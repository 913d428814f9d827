import type { PeerName } from '../../src/base/peer-name.ts'
import type { IpamInput, IpamOutput } from '../../src/core/ipam/api.ts'
import { GRACE_MS } from '../../src/core/ipam/contacts.ts'
import type { AddressHost } from './address-world.ts'
import { HeldAddresses } from './held-addresses.ts'

export interface WatchedWorld {
  readonly now: number
  /** That there are, those that are down too. */
  readonly all: readonly AddressHost[]
  /** Whom the manifest names; undefined when there is none. */
  readonly members: ReadonlySet<PeerName> | undefined
}

export interface WatchTimes {
  /** A host knows by then whom it reaches. */
  readonly noticeMs: number
  /** What one says, all in its reach have heard by then. */
  readonly newsMs: number
}

interface Contact {
  readonly isWithMost: boolean
  readonly since: number
  /** Since when it is out of contact with most, or was before this. */
  readonly lostAt: number
}

/**
 * Which containers have which addresses, and whose may be another's too: by nothing but who is up, on which side of a cut, in the
 * manifest, and said to be dead.
 */
export class AddressWatch {
  /** Addresses that two have, neither of whom has lost it. */
  readonly violations: string[] = []
  readonly #world: WatchedWorld
  readonly #times: WatchTimes
  readonly #held = new HeldAddresses()
  readonly #contact = new Map<AddressHost, Contact>()
  readonly #toBury = new Map<number, PeerName>()

  constructor(world: WatchedWorld, times: WatchTimes) {
    this.#world = world
    this.#times = times
  }

  /** Has the host of its disk, or has just given, what another has? */
  look(host: AddressHost): void {
    const { now } = this.#world
    this.#loseLongLost()
    this.#putInAgain(host)
    const addresses = host.ipam.leases.map(({ address }) => address)
    const wrong = this.#held.hold(host, addresses, now)
    this.#held.putIn(host, 'restored')
    if (wrong !== undefined) this.violations.push(`${wrong}, at ${now.toFixed(0)} ms`)
  }

  /** Call when hosts come, go, crash, start, are cut off or are in contact again, and when the manifest is another. */
  contactChanged(): void {
    this.#loseLongLost()
    const { all, members, now } = this.#world
    for (const host of all) {
      if (members?.has(host.name) === false) this.#held.putOut(host, 'removed')
      const isWithMost = this.#isWithMost(host)
      const before = this.#contact.get(host)
      if (before?.isWithMost !== isWithMost) this.#contact.set(host, this.#contactAfter(before, isWithMost, now))
    }
  }

  /** Call before the copy starts, which has all that is on the disk of the original. */
  copied(original: AddressHost): void {
    this.#held.lose(original, 'copied')
  }

  /** With its containers, for good. */
  removed(host: AddressHost): void {
    this.#held.drop(host)
    this.#contact.delete(host)
    this.contactChanged()
  }

  /** Call before it starts with an earlier state of its disk: what its containers had then others may have been given since. */
  restored(host: AddressHost): void {
    this.#held.putOut(host, 'restored')
  }

  asked(input: IpamInput): void {
    if (input.kind === 'take-over') this.#toBury.set(input.ticket, input.peer)
  }

  answered({ ticket, answer }: Extract<IpamOutput, { kind: 'answer' }>): void {
    if (answer.kind !== 'taken-over') return
    for (const host of this.#world.all) if (host.name === this.#toBury.get(ticket)) this.#held.putOut(host, 'said dead')
  }

  #isWithMost({ isUp, side, name }: AddressHost): boolean {
    const { all, members } = this.#world
    if (!isUp || members?.has(name) === false) return false
    const others = all.filter(other => other.isUp && other.side === side && members?.has(other.name) !== false)
    return new Set(others.map(other => other.name)).size > (members?.size ?? all.length) / 2
  }

  /** Nobody may have noticed that the host was back for so short a time. */
  #contactAfter(before: Contact | undefined, isWithMost: boolean, now: number): Contact {
    const wasBack = before !== undefined && now - before.since < this.#times.noticeMs
    return { isWithMost, since: now, lostAt: before !== undefined && (isWithMost || wasBack) ? before.lostAt : now }
  }

  /** Others count the time from when they noticed to when they notice that the host is back. */
  #loseLongLost(): void {
    const longMs = GRACE_MS - this.#times.noticeMs
    for (const [host, { isWithMost, lostAt }] of this.#contact) {
      if (!isWithMost && this.#world.now - lostAt >= longMs) this.#held.lose(host, 'cut off', lostAt + longMs)
    }
  }

  #putInAgain(host: AddressHost): void {
    const { now, members } = this.#world
    const { isWithMost = false, since = now } = this.#contact.get(host) ?? {}
    if (!isWithMost || now - since < this.#times.noticeMs + this.#times.newsMs) return
    this.#held.putIn(host, 'said dead')
    if (members?.has(host.name) !== false) this.#held.putIn(host, 'removed')
  }
}
