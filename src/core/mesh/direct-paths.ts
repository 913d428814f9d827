import type { Endpoint } from '../../base/endpoint.ts'

/** A path that nothing was sent over for so long is let go. */
export const IDLE_MAX_MS = 60_000
export const KEEP_ALIVE_EVERY_MS = 2_000
export const PATH_SILENCE_MAX_MS = 6_000
/** Pauses between attempts on a peer that does not answer; the last one repeats. */
const RETRY_MS = [300, 300, 5_000, 15_000, 60_000]
const ENDPOINTS_MAX = 8
/** Paths kept at one time; frames for more peers than that take the links. */
export const PATHS_MAX = 1_024

/** The way to one peer beside the links. */
export interface DirectPath {
  readonly peer: number
  /** Where the peer answered; undefined while it has not. */
  readonly endpoint: Endpoint | undefined
  readonly roundTripMs: number | undefined
  readonly changedAt: number
}

interface Path {
  readonly peer: number
  endpoint: Endpoint | undefined
  roundTripMs: number | undefined
  changedAt: number
  wantedAt: number
  answeredAt: number
  probeAt: number
  attempts: number
  readonly sent: Map<number, number>
}

export interface PathProbe {
  readonly peer: number
  readonly to: Endpoint
  readonly sequence: number
}

/**
 * Direct ways to peers that this router has no link with, opened when there is traffic for them:
 *
 *     absent ──frames──▶ probing ──answer──▶ open ──idle for a minute──▶ absent
 *                           ▲                  │
 *                           └── 6 s of silence ┘
 *
 * Until a path is open, and when it cannot be opened, frames go over the links. Needs no connection: the keys are known by gossip.
 */
export class DirectPaths {
  readonly #paths = new Map<number, Path>()
  readonly #candidatesOf: (peer: number) => readonly Endpoint[]
  #sequence = 0

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
      soonest = Math.min(soonest, path.probeAt, path.wantedAt + IDLE_MAX_MS, silence)
    }
    return soonest
  }

  /** Open paths: peer and endpoint. */
  endpointOf(peer: number): Endpoint | undefined {
    return this.#paths.get(peer)?.endpoint
  }

  /** There are frames for the peer. */
  want(peer: number, now: number): void {
    const path = this.#paths.get(peer)
    if (path !== undefined) path.wantedAt = now
    else if (this.#paths.size < PATHS_MAX) this.#paths.set(peer, newPath(peer, now))
  }

  /** The peer has a link, or is gone. True when an open path went with it. */
  forget(peer: number): boolean {
    const isOpen = this.endpointOf(peer) !== undefined
    this.#paths.delete(peer)
    return isOpen
  }

  /** A probe came back from `from`. True when that opens or moves the path. */
  answered(peer: number, sequence: number, from: Endpoint, now: number): boolean {
    const path = this.#paths.get(peer)
    const sentAt = path?.sent.get(sequence)
    if (path === undefined || sentAt === undefined) return false
    path.sent.delete(sequence)
    path.answeredAt = now
    path.roundTripMs = now - sentAt
    path.attempts = 0
    path.probeAt = now + KEEP_ALIVE_EVERY_MS
    if (path.endpoint !== undefined) return false
    path.endpoint = from
    path.changedAt = now
    return true
  }

  /** Probes to send at `now`, and whether a path was lost or let go. */
  due(now: number): { readonly probes: readonly PathProbe[]; readonly hasChanged: boolean } {
    let hasChanged = false
    const probes: PathProbe[] = []
    for (const path of this.#paths.values()) {
      if (now >= path.wantedAt + IDLE_MAX_MS) {
        hasChanged = this.forget(path.peer) || hasChanged
        continue
      }
      if (path.endpoint !== undefined && now >= path.answeredAt + PATH_SILENCE_MAX_MS) {
        Object.assign(path, { endpoint: undefined, roundTripMs: undefined, changedAt: now, probeAt: now, attempts: 0 })
        hasChanged = true
      }
      if (now >= path.probeAt) probes.push(...this.#probe(path, now))
    }
    return { probes, hasChanged }
  }

  #probe(path: Path, now: number): readonly PathProbe[] {
    const pause = RETRY_MS[Math.min(path.attempts, RETRY_MS.length - 1)] ?? 0
    path.probeAt = now + (path.endpoint === undefined ? pause : KEEP_ALIVE_EVERY_MS)
    path.attempts++
    path.sent.clear()
    const endpoints =
      path.endpoint === undefined ? this.#candidatesOf(path.peer).slice(0, ENDPOINTS_MAX) : [path.endpoint]
    return endpoints.map(to => {
      path.sent.set(++this.#sequence, now)
      return { peer: path.peer, to, sequence: this.#sequence }
    })
  }
}

function newPath(peer: number, now: number): Path {
  return {
    peer,
    endpoint: undefined,
    roundTripMs: undefined,
    changedAt: now,
    wantedAt: now,
    answeredAt: now,
    probeAt: now,
    attempts: 0,
    sent: new Map(),
  }
}
