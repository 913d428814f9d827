import { type Endpoint, formatEndpoint, isSameEndpoint } from '../../base/endpoint.ts'
import { close, type DirectPath, newPath, type Path, type Sent } from './direct-path.ts'

/** A path that nothing was sent over for so long is let go. */
export const IDLE_MAX_MS = 60_000
/** Also keeps the mappings of NATs: none that is in use forgets sooner. */
export const KEEP_ALIVE_EVERY_MS = 2_000
/** After a probe without an answer the next one comes so soon: a few may be lost before the path is. */
export const KEEP_ALIVE_AGAIN_MS = 500
export const PATH_SILENCE_MAX_MS = 6_000
/** Pauses between attempts on a peer that does not answer; the last one repeats. */
const RETRY_MS = [300, 300, 5_000, 15_000, 60_000]
/** Both ends of a punch send so many rounds of probes, so that each has let the other's in. */
const PUNCH_ROUNDS = 4
const PUNCH_EVERY_MS = 300
/** A peer that was told of us is probed for so long, though there are no frames for it here. */
const OFFER_KEPT_MS = 10_000
/** An authentic probe from elsewhere moves a path that has been silent for so long, and not moved since: the peer has moved. */
const MOVED_AFTER_MS = 2_500
/** A peer that is heard from ever other places gets one probe at so many of them, and the rounds as ever. */
const GREET_EVERY_MS = 100
/** A better address that answers so soon after the first one takes its place. */
const UPGRADE_WITHIN_MS = 1_000
/** A path that loses much is left for a route when it costs so many times as much. */
const LOSSY_DEARER = 2
/** Addresses of a peer that are tried: known, heard from, and offered by the peer. */
export const ENDPOINTS_MAX = 8
const OFFERED_MAX = 8
/** Paths kept at one time; frames for more peers than that take the links. */
export const PATHS_MAX = 1_024

/** What a peer says of where it can perhaps be reached. */
export interface Offer {
  readonly candidates: readonly Endpoint[]
  readonly isSymmetric: boolean
}

export interface PathAnswer {
  readonly sequence: number
  readonly from: Endpoint
  /** Undefined when the data plane has not taken the time. */
  readonly roundTripMs?: number | undefined
}

export interface PathProbe {
  readonly peer: number
  readonly to: Endpoint
  readonly sequence: number
}

export interface DuePaths {
  readonly probes: readonly PathProbe[]
  /** Peers that do not answer where they are known to be: they are to be asked for a punch. */
  readonly punches: readonly number[]
  /** Peers whose open path fell silent. */
  readonly lost: readonly number[]
  /** A path was lost or let go. */
  readonly hasChanged: boolean
  /** A path has come to be better or worse. */
  readonly hasOtherCost: boolean
}

/**
 * Direct ways to peers that this router has no link with, opened when there is traffic for them:
 *
 *     absent ──frames──▶ probing ──answer──▶ open ──idle for a minute──▶ absent
 *                           ▲ │ silence: punch  │
 *                           │ ▼                 │
 *                           └── 6 s of silence ─┘        probing, open ──the way over links is cheaper──▶ avoided ──not any more──▶ probing
 *
 * Candidates, in order: addresses that are known of the peer (configured and private), the one it was last heard from, those that it
 * offers in a punch (as its neighbours see it). Until a path is open, and when it cannot be opened, frames go over the links. Needs
 * no connection: the keys are known by gossip.
 */
export class DirectPaths {
  readonly #paths = new Map<number, Path>()
  readonly #candidatesOf: (peer: number) => readonly Endpoint[]
  #sequence = 0
  #hasOtherCost = false

  constructor(candidatesOf: (peer: number) => readonly Endpoint[]) {
    this.#candidatesOf = candidatesOf
  }

  get all(): readonly DirectPath[] {
    return [...this.#paths.values()]
  }

  get deadline(): number {
    let soonest = Number.POSITIVE_INFINITY
    for (const path of this.#paths.values()) {
      const silence = path.endpoint === undefined ? Number.POSITIVE_INFINITY : path.answeredAt + PATH_SILENCE_MAX_MS
      const probeAt = path.isAvoided ? Number.POSITIVE_INFINITY : Math.min(path.probeAt, path.greetAt)
      soonest = Math.min(soonest, probeAt, keptUntil(path), silence)
    }
    return soonest
  }

  openTo(peer: number): DirectPath | undefined {
    const path = this.#paths.get(peer)
    return path?.endpoint === undefined ? undefined : path
  }

  /** Open paths: peer and endpoint. */
  endpointOf(peer: number): Endpoint | undefined {
    return this.#paths.get(peer)?.endpoint
  }

  /**
   * What open paths that lose much cost, for comparison with routes: half, for it takes relays to leave one. Without those to peers of `set`:
   * of these an operator has said it.
   */
  lossyCosts(set: ReadonlyMap<number, unknown>): ReadonlyMap<number, number> {
    const costs = new Map<number, number>()
    for (const { peer, endpoint, quality } of this.#paths.values()) {
      if (endpoint !== undefined && quality.isLossy && !set.has(peer)) costs.set(peer, quality.cost / LOSSY_DEARER)
    }
    return costs
  }

  /** There are frames for the peer. */
  want(peer: number, now: number): void {
    const path = this.#paths.get(peer) ?? this.#add(peer, now)
    if (path !== undefined) path.wantedAt = now
  }

  /** The peer has a link, or is gone. True when an open path went with it. */
  forget(peer: number): boolean {
    const isOpen = this.endpointOf(peer) !== undefined
    this.#paths.delete(peer)
    return isOpen
  }

  /** Closes the paths to peers that a way over links is cheaper to, and looks for none to them until that is over. */
  avoid(isDear: (peer: number) => boolean, now: number): void {
    for (const path of this.#paths.values()) {
      const isAvoided = isDear(path.peer)
      if (isAvoided === path.isAvoided) continue
      close(path, now)
      Object.assign(path, { isAvoided, sent: new Map() })
    }
  }

  /** The peer sends probes to us, and has said where ours may find it. */
  offered(peer: number, { candidates, isSymmetric }: Offer, now: number): void {
    const path = this.#paths.get(peer) ?? this.#add(peer, now)
    if (path === undefined) return
    Object.assign(path, { offeredAt: now, offered: candidates.slice(0, OFFERED_MAX), isSymmetric })
    if (path.endpoint !== undefined) return
    path.roundsLeft = PUNCH_ROUNDS
    path.probeAt = now
  }

  /** An authentic question came from `from`. True when the path moves there. */
  heard(peer: number, from: Endpoint, now: number): boolean {
    const path = this.#paths.get(peer)
    if (path === undefined || isAt(path.endpoint, from)) return false
    const isNews = !isAt(path.heardFrom, from)
    path.heardFrom = from
    if (path.endpoint === undefined) {
      if (isNews) path.greetAt = Math.max(now, path.greetedAt + GREET_EVERY_MS)
      return false
    }
    if (now < Math.max(path.answeredAt, path.changedAt) + MOVED_AFTER_MS) return false
    Object.assign(path, { endpoint: from, isPunched: true, rank: ENDPOINTS_MAX, changedAt: now, probeAt: now })
    return true
  }

  /** A probe came back from `from`. True when that opens or moves the path. */
  answered(peer: number, { sequence, from, roundTripMs }: PathAnswer, now: number): boolean {
    const path = this.#paths.get(peer)
    const sent = path?.sent.get(sequence)
    if (path === undefined || sent === undefined) return false
    path.sent.delete(sequence)
    const isBetter = sent.rank < path.rank && now < path.changedAt + UPGRADE_WITHIN_MS
    if (path.endpoint !== undefined && !isBetter) {
      if (!isAt(path.endpoint, from)) return false
      this.#confirmed(path, roundTripMs ?? now - sent.at, now)
      return false
    }
    this.#confirmed(path, roundTripMs ?? now - sent.at, now)
    if (path.endpoint === undefined) path.changedAt = now
    Object.assign(path, { endpoint: from, rank: sent.rank, isPunched: !sent.isKnown || path.offered.length > 0 })
    return true
  }

  /** Probes and punches to send at `now`, and what became of paths. */
  due(now: number): DuePaths {
    let hasChanged = false
    const [probes, punches, lost]: [PathProbe[], number[], number[]] = [[], [], []]
    for (const path of this.#paths.values()) {
      if (now >= keptUntil(path)) {
        hasChanged = this.forget(path.peer) || hasChanged
        continue
      }
      if (path.endpoint !== undefined && now >= path.answeredAt + PATH_SILENCE_MAX_MS) {
        close(path, now)
        lost.push(path.peer)
        hasChanged = true
      }
      if (path.isAvoided) continue
      if (now >= path.greetAt) probes.push(...this.#greet(path, now))
      if (now < path.probeAt) continue
      if (asksForPunch(path, now)) punches.push(path.peer)
      probes.push(...this.#probe(path, now))
    }
    const hasOtherCost = this.#hasOtherCost
    this.#hasOtherCost = false
    return { probes, punches, lost, hasChanged, hasOtherCost }
  }

  #confirmed(path: Path, roundTripMs: number, now: number): void {
    path.answeredAt = now
    path.isAwaitingAnswer = false
    this.#hasOtherCost = path.quality.answered(roundTripMs, now) || this.#hasOtherCost
    path.attempts = 0
    path.roundsLeft = 0
    path.probeAt = now + KEEP_ALIVE_EVERY_MS
  }

  #probe(path: Path, now: number): readonly PathProbe[] {
    if (path.isAwaitingAnswer) this.#hasOtherCost = path.quality.lost(now) || this.#hasOtherCost
    path.quality.sent(path.probeAt, now)
    path.isAwaitingAnswer = path.endpoint !== undefined
    scheduleNext(path, now)
    path.sent = new Map([...path.sent].filter(([, { at }]) => now < at + PATH_SILENCE_MAX_MS))
    const candidates = path.endpoint === undefined ? this.#candidates(path) : [path.endpoint]
    if (path.endpoint === undefined) path.tried = candidates.length
    const known = path.endpoint === undefined ? this.#knownTo(path.peer).length : 0
    return candidates.map((to, rank) => {
      const sent = path.endpoint === undefined ? { at: now, rank, isKnown: rank < known } : sentAgain(path, now)
      path.sent.set(++this.#sequence, sent)
      return { peer: path.peer, to, sequence: this.#sequence }
    })
  }

  /** A probe to where the peer was heard from: all other places may be anybody's, and wait for their turn. */
  #greet(path: Path, now: number): readonly PathProbe[] {
    Object.assign(path, { greetAt: Number.POSITIVE_INFINITY, greetedAt: now })
    const to = path.heardFrom
    if (path.endpoint !== undefined || to === undefined) return []
    const rank = this.#candidates(path).findIndex(candidate => isSameEndpoint(candidate, to))
    path.sent.set(++this.#sequence, { at: now, rank, isKnown: rank < this.#knownTo(path.peer).length })
    return [{ peer: path.peer, to, sequence: this.#sequence }]
  }

  #knownTo(peer: number): readonly Endpoint[] {
    return this.#candidatesOf(peer).slice(0, ENDPOINTS_MAX)
  }

  #candidates(path: Path): readonly Endpoint[] {
    const heard = path.heardFrom === undefined ? [] : [path.heardFrom]
    const all = [...this.#knownTo(path.peer), ...heard, ...path.offered]
    return [...new Map(all.map(endpoint => [formatEndpoint(endpoint), endpoint])).values()]
  }

  #add(peer: number, now: number): Path | undefined {
    if (this.#paths.size >= PATHS_MAX) return undefined
    const path = newPath(peer, now)
    this.#paths.set(peer, path)
    return path
  }
}

function keptUntil({ wantedAt, offeredAt }: Path): number {
  return Math.max(wantedAt + IDLE_MAX_MS, offeredAt + OFFER_KEPT_MS)
}

/** Who has no frames for the peer does not: else two that cannot reach each other would ask each other for ever. */
function asksForPunch({ endpoint, attempts, roundsLeft, wantedAt }: Path, now: number): boolean {
  return endpoint === undefined && attempts > 0 && roundsLeft === 0 && now < wantedAt + IDLE_MAX_MS
}

/** After a round of a burst, or an attempt of our own. */
function scheduleNext(path: Path, now: number): void {
  if (path.roundsLeft > 0) {
    path.roundsLeft--
    const soon = now + PUNCH_EVERY_MS
    path.probeAt = path.roundsLeft > 0 ? soon : Math.max(soon, path.retryAt)
    return
  }
  path.retryAt = now + pauseOf(path)
  path.probeAt = path.retryAt
  path.attempts++
}

function pauseOf(path: Path): number {
  if (path.endpoint !== undefined) return Math.max(KEEP_ALIVE_AGAIN_MS, 2 * (path.quality.roundTripMs ?? 0))
  return RETRY_MS[Math.min(path.attempts, RETRY_MS.length - 1)] ?? 0
}

function sentAgain(path: Path, now: number): Sent {
  return { at: now, rank: path.rank, isKnown: !path.isPunched }
}

function isAt(known: Endpoint | undefined, from: Endpoint): boolean {
  return known !== undefined && isSameEndpoint(known, from)
}
