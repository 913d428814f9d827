import { type Endpoint, formatEndpoint, isSameEndpoint } from '../../base/endpoint.ts'
import { drawTargets } from './dial-lot.ts'

const FIRST_RETRY_MS = 500
const RETRY_FACTOR = 1.5
/**
 * Hosts of a cluster often start together, and some in the middle of it are slow: so often in a row where nobody listens yet the pause
 * is the shortest there is. Such a dial costs next to nothing.
 */
export const ABSENCES_MAX = 12
/** Low enough that a healed link carries frames again within ten seconds. */
export const RETRY_MAX_MS = 5_000
/** A link that ends sooner is one more failure: who is refused in its first words must not come back twice a second. */
export const STABLE_AFTER_MS = 5_000
/** Pause before a target that needs no dial, or that has to wait its turn, is looked at again. */
export const LOOK_AGAIN_MS = 1_000
/** The more targets there are, the less often one that needs no dial is looked at: `reconsider` says when it may have come to need one. */
const LOOK_AGAIN_PER_TARGET_MS = 10
export const TARGETS_MAX = 16_384
/** Whoever is there has let a dial come to a link by then, as a rule. */
export const FRESH_MS = 500

export interface DialBounds {
  /** Dials open at one time. */
  readonly open: number
  /** Of these, so many that have not been open for `FRESH_MS` yet. */
  readonly fresh: number
}

export interface DialFailure {
  readonly reason: string
  /** The host is there, and nobody listens. */
  readonly isAbsent?: boolean
}

export interface Target {
  readonly endpoint: Endpoint
  /** The endpoint as `formatEndpoint` writes it. */
  readonly key: string
  /** No dial was needed when it was last looked at. */
  isSatisfied: boolean
  isConfigured: boolean
  isDialling: boolean
  /** It needs a dial, and had to let others go before. */
  isHeldBack: boolean
  /** Neither configured nor discovered any more: gone once its dial is over. */
  isForgotten: boolean
  failures: number
  /** Of the failures, those that do not lengthen the pause. */
  absences: number
  retryAt: number
  changedAt: number
  /** When a link to it came up that has not ended yet. */
  upSince: number | undefined
  lastError: string | undefined
}

/**
 * Decides which addresses to dial, and when (Weave row PEER-06): all that are configured or discovered and that no link satisfies,
 * with growing, jittered pauses after failures.
 */
export class ConnectionMaker {
  /** Configured, and those of the discovered that a dial was needed for since. */
  readonly #targets = new Map<string, Target>()
  #discovered: readonly Endpoint[] = []
  /** When the discovered that are no targets are looked at again. */
  #lookAt = Number.POSITIVE_INFINITY
  #dialling = 0
  #deadline = Number.POSITIVE_INFINITY
  readonly #random: (length: number) => Uint8Array

  constructor(random: (length: number) => Uint8Array) {
    this.#random = random
  }

  get targets(): readonly Target[] {
    return [...this.#targets.values()]
  }

  get configured(): readonly Endpoint[] {
    return this.targets.filter(target => target.isConfigured).map(target => target.endpoint)
  }

  isConfigured(endpoint: Endpoint): boolean {
    return this.#targets.get(formatEndpoint(endpoint))?.isConfigured === true
  }

  /** Adds targets of the operator's, and dials them without waiting for a pause to end (CLI-04). */
  connect(endpoints: readonly Endpoint[], now: number): void {
    for (const endpoint of endpoints) {
      const target = this.#ensure(endpoint, now)
      if (target === undefined) continue
      target.isConfigured = true
      target.isForgotten = false
      target.retryAt = Math.min(target.retryAt, now)
      this.#awaits(target)
    }
  }

  /** Ceases to be configured; a discovered address may still be dialled. */
  forget(endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) {
      const target = this.#targets.get(formatEndpoint(endpoint))
      if (target === undefined) continue
      target.isConfigured = false
      if (!this.#discovered.some(one => isSameEndpoint(one, endpoint))) this.#drop(target)
    }
  }

  /** Replaces the list of discovered addresses. They become targets when they need a dial: of thousands most never do. */
  discover(endpoints: readonly Endpoint[], now: number): void {
    const wanted = new Set(endpoints.map(formatEndpoint))
    this.#discovered = endpoints.slice(0, TARGETS_MAX)
    for (const [key, target] of this.#targets) {
      if (!target.isConfigured && !wanted.has(key)) this.#drop(target)
      else target.isForgotten = false
    }
    this.#lookAt = now
    this.#deadline = Math.min(this.#deadline, now)
  }

  /**
   * Targets to dial at `now`; they count as dialling until `dialled` or `failed`. Of more than `bounds` allow some are drawn by lot:
   * routers that all know the same list would otherwise all dial its head. Those that are satisfied are looked at again later.
   */
  due(
    now: number,
    isSatisfied: (target: Pick<Target, 'endpoint' | 'key'>) => boolean,
    bounds: DialBounds,
  ): readonly Endpoint[] {
    if (now < this.#deadline) return []
    let fresh = 0
    if (this.#lookAt <= now) this.#lookAtDiscovered(now, isSatisfied)
    const waiting: Target[] = []
    for (const target of this.#targets.values()) {
      if (target.isDialling && now < target.changedAt + FRESH_MS) fresh++
      if (target.isDialling || target.retryAt > now) continue
      target.isSatisfied = isSatisfied(target)
      target.isHeldBack = false
      if (!target.isSatisfied) waiting.push(target)
      else if (isForgettable(target)) this.#targets.delete(target.key)
      else target.retryAt = now + this.#lookAgainMs
    }
    const due = drawTargets(waiting, Math.min(bounds.open - this.#dialling, bounds.fresh - fresh), this.#random)
    for (const target of due) {
      target.isDialling = true
      target.changedAt = now
      this.#dialling++
    }
    for (const target of waiting)
      Object.assign(target, { retryAt: now + LOOK_AGAIN_MS, isHeldBack: !target.isDialling })
    this.#findDeadline()
    return due.map(target => target.endpoint)
  }

  /** Targets that needed no dial may come to need one at `at`: a link or a route is gone. */
  reconsider(at: number): void {
    for (const target of this.#targets.values()) if (target.isSatisfied) target.retryAt = Math.min(target.retryAt, at)
    this.#lookAt = Math.min(this.#lookAt, at)
    this.#deadline = Math.min(this.#deadline, at)
  }

  /** When to ask for what is due again. */
  get deadline(): number {
    return this.#deadline
  }

  get #lookAgainMs(): number {
    const count = Math.max(this.#targets.size, this.#discovered.length)
    return Math.max(LOOK_AGAIN_MS, count * LOOK_AGAIN_PER_TARGET_MS)
  }

  #lookAtDiscovered(now: number, isSatisfied: (target: Pick<Target, 'endpoint' | 'key'>) => boolean): void {
    for (const endpoint of this.#discovered) {
      const key = formatEndpoint(endpoint)
      if (!this.#targets.has(key) && !isSatisfied({ endpoint, key })) this.#ensure(endpoint, now)
    }
    this.#lookAt = this.#discovered.length === 0 ? Number.POSITIVE_INFINITY : now + this.#lookAgainMs
  }

  #findDeadline(): void {
    this.#deadline = this.#lookAt
    for (const target of this.#targets.values()) this.#awaits(target)
  }

  #awaits(target: Target): void {
    if (!target.isDialling && target.retryAt < this.#deadline) this.#deadline = target.retryAt
  }

  /** The dial came to a link: what the link comes to is told by `failed` or `succeeded`. */
  dialled(endpoint: Endpoint, now: number): void {
    const target = this.#targets.get(formatEndpoint(endpoint))
    if (target === undefined) return
    this.#ended(target)
    this.#pause(target, now)
  }

  succeeded(endpoint: Endpoint, now: number): void {
    const target = this.#targets.get(formatEndpoint(endpoint))
    if (target === undefined) return
    this.#ended(target)
    Object.assign(target, {
      upSince: now,
      retryAt: now + FIRST_RETRY_MS,
      lastError: undefined,
      changedAt: now,
    })
    this.#awaits(target)
  }

  failed(endpoint: Endpoint, { reason, isAbsent = false }: DialFailure, now: number): void {
    const target = this.#targets.get(formatEndpoint(endpoint))
    if (target === undefined) return
    this.#ended(target)
    const { upSince } = target
    Object.assign(target, { lastError: reason, changedAt: now, upSince: undefined })
    const isFirst = upSince !== undefined && now >= upSince + STABLE_AFTER_MS
    target.failures = isFirst ? 1 : target.failures + 1
    if (isFirst) target.absences = 0
    if (isAbsent && target.absences < ABSENCES_MAX) target.absences++
    this.#pause(target, now)
    // A dial that hung has kept them waiting long enough; else its own pause is over before their turn comes, again and again.
    if (!isAbsent) this.#callHeldBack(now)
  }

  #callHeldBack(now: number): void {
    for (const target of this.#targets.values()) {
      if (!target.isHeldBack) continue
      target.retryAt = Math.min(target.retryAt, now)
      this.#awaits(target)
    }
  }

  #ended(target: Target): void {
    if (target.isDialling) this.#dialling--
    target.isDialling = false
    if (target.isForgotten) this.#targets.delete(target.key)
  }

  /** The end of its dial has yet to be counted. */
  #drop(target: Target): void {
    if (target.isDialling) target.isForgotten = true
    else this.#targets.delete(target.key)
  }

  #pause(target: Target, now: number): void {
    const pause = Math.min(FIRST_RETRY_MS * RETRY_FACTOR ** (target.failures - target.absences), RETRY_MAX_MS)
    const jitter = 0.5 + (this.#random(1)[0] ?? 0) / 512
    target.retryAt = now + pause * jitter
    this.#awaits(target)
  }

  #ensure(endpoint: Endpoint, now: number): Target | undefined {
    const key = formatEndpoint(endpoint)
    const known = this.#targets.get(key)
    if (known !== undefined || this.#targets.size >= TARGETS_MAX) return known
    const target: Target = {
      endpoint,
      key,
      isSatisfied: false,
      isConfigured: false,
      isDialling: false,
      isHeldBack: false,
      isForgotten: false,
      failures: 0,
      absences: 0,
      retryAt: now,
      changedAt: now,
      upSince: undefined,
      lastError: undefined,
    }
    this.#targets.set(key, target)
    this.#awaits(target)
    return target
  }
}

/** A discovered address that nothing is held against. */
function isForgettable({ isConfigured, failures, upSince }: Target): boolean {
  return !isConfigured && failures === 0 && upSince === undefined
}
