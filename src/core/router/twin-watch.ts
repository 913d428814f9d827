import { bootIdAbove, INSTANCE_BITS, instanceOf } from './boot-id.ts'

/** How often a router takes its name back from another process at once; what an earlier life left behind needs one or two. */
export const TAKEOVERS_MAX = 4
export const TAKEOVER_EVERY_MS = 60_000
/** Two routers that have not shown themselves for so long are one again. */
export const TWINS_KEPT_MS = 180_000
const RIVALS_MAX = 16
const INSTANCES = 2 ** Number(INSTANCE_BITS)

/** Where two routers are that claim to be the same. */
export interface Twins {
  readonly at: string
  readonly andAt: string
}

/**
 * Notices two running processes with one identity. A peer's process that comes back after another had taken its place is alive, and
 * so is the other: processes that have ended do not come back. Of the two the one that spoke last stays; the other takes the name
 * back a few times, then once a minute, so that it is found again soon after the first has stopped.
 */
export class TwinWatch {
  /** By peer: its process, and above that the one before, counted from 1. Members only. */
  readonly #seen = new Map<number, number>()
  readonly #twins = new Map<number, Twins & { readonly until: number }>()
  /** By process of our own name: the boot id that we have outdone it with. */
  readonly #outdone = new Map<bigint, bigint>()
  #takeovers = TAKEOVERS_MAX
  #refilledAt = 0

  get size(): number {
    return Math.max(this.#seen.size, this.#twins.size)
  }

  /** Whether `bootId` is of a process that follows another: neither of the one that spoke last nor of the one before. */
  isStart(peer: number, bootId: bigint): boolean {
    const seen = this.#seen.get(peer)
    if (seen === undefined) return false
    const instance = Number(instanceOf(bootId))
    return seen % INSTANCES !== instance && Math.floor(seen / INSTANCES) !== instance + 1
  }

  /** A record of `peer` was taken; `places`: where that one and the record before it are of. True when it shows a twin not known yet. */
  merged(peer: number, bootId: bigint, places: () => Twins, now: number): boolean {
    const seen = this.#seen.get(peer)
    const instance = Number(instanceOf(bootId))
    const current = seen === undefined ? undefined : seen % INSTANCES
    if (current === instance) return false
    const isBack = seen !== undefined && Math.floor(seen / INSTANCES) === instance + 1
    this.#seen.set(peer, instance + (current === undefined ? 0 : (current + 1) * INSTANCES))
    return isBack && this.found(peer, places(), now)
  }

  /** Two are known to run. True when they were not known before. */
  found(peer: number, twins: Twins, now: number): boolean {
    const isNews = this.twinsOf(peer, now) === undefined
    this.#twins.set(peer, { ...twins, until: now + TWINS_KEPT_MS })
    return isNews
  }

  twinsOf(peer: number, now: number): Twins | undefined {
    const twins = this.#twins.get(peer)
    return twins === undefined || now >= twins.until ? undefined : { at: twins.at, andAt: twins.andAt }
  }

  /** Whether another process of our own name, which has said `bootId`, has answered to our taking the name back. */
  isRival(bootId: bigint): boolean {
    const outdone = this.#outdone.get(instanceOf(bootId))
    return outdone !== undefined && bootId > outdone
  }

  /** The boot id to outdo `bootId` with; undefined when it has to be let be for now. */
  takeover(bootId: bigint, own: bigint, now: number): bigint | undefined {
    const refill = Math.floor((now - this.#refilledAt) / TAKEOVER_EVERY_MS)
    this.#takeovers = Math.min(TAKEOVERS_MAX, this.#takeovers + refill)
    this.#refilledAt += refill * TAKEOVER_EVERY_MS
    if (this.#takeovers === 0) return undefined
    const next = bootIdAbove(bootId, own)
    if (next === undefined) return undefined
    this.#takeovers--
    if (this.#outdone.size >= RIVALS_MAX) this.#outdone.clear()
    this.#outdone.set(instanceOf(bootId), next)
    return next
  }

  forget(peer: number): void {
    this.#seen.delete(peer)
    this.#twins.delete(peer)
  }
}
