import type { Endpoint } from '../../src/base/endpoint.ts'
import type { SignedManifest } from '../../src/contract/cluster-manifest.ts'
import type { Forwarder, Output, RouterMachine } from '../../src/core/router/index.ts'
import type { SimulatedMember } from './cluster.ts'
import type { SimulatedDataPlane } from './data-plane.ts'

/** What a router is started with, and has changed by its outputs: survives a restart unless the disk is lost. */
export interface StoredState {
  manifest: SignedManifest
  targets: readonly Endpoint[]
  /** Taken in place of the member's own, when another held that. */
  shortId?: number
  addresses?: string
  names?: string
}

type Kept = 'store-manifest' | 'store-targets' | 'store-addresses' | 'store-names' | 'renumber'

const WALL_CLOCK_AT_START_MS = 1_700_000_000_000

/** A router with its data plane, on a host with one container per frame that it injects. */
export class SimulatedHost {
  member: SimulatedMember
  router: RouterMachine
  plane: SimulatedDataPlane
  readonly injected: Uint8Array[] = []
  isUp = true
  bootId = 1n
  /** Starts so far: tells what was meant for an earlier process. */
  starts = 0
  stored: StoredState
  /** Seconds of the host's clock in a second of the world. */
  clockRate = 1
  /** What its wall clock is ahead of that of the slowest. */
  wallClockAheadMs = 0
  /** When the router is woken next, in the world's time. */
  timerAt = Number.POSITIVE_INFINITY
  #clock = 0

  constructor(member: SimulatedMember, router: RouterMachine, plane: SimulatedDataPlane, stored: StoredState) {
    this.member = member
    this.router = router
    this.plane = plane
    this.stored = stored
  }

  get name(): string {
    return this.member.name
  }

  get forwarder(): Forwarder {
    return this.plane.forwarder
  }

  /** Writes to the disk. */
  keep(output: Extract<Output, { kind: Kept }>): void {
    if (output.kind === 'store-manifest') this.stored.manifest = output.signed
    else if (output.kind === 'store-targets') this.stored.targets = output.targets
    else if (output.kind === 'store-addresses') this.stored.addresses = output.text
    else if (output.kind === 'store-names') this.stored.names = output.text
    else this.stored.shortId = output.shortId
  }

  /** A new process, with what it found on the disk. */
  boot(process: Pick<SimulatedHost, 'member' | 'router' | 'plane' | 'bootId' | 'stored'>): void {
    this.member = process.member
    this.router = process.router
    this.plane = process.plane
    this.bootId = process.bootId
    this.stored = { ...process.stored }
    this.isUp = true
    this.starts++
    this.timerAt = Number.POSITIVE_INFINITY
  }

  /** The host's clock at the world's `now`: never goes back. */
  clockAt(now: number): number {
    this.#clock = Math.max(this.#clock, now * this.clockRate)
    return this.#clock
  }

  wallClockAt(now: number): number {
    return WALL_CLOCK_AT_START_MS + this.clockAt(now) + this.wallClockAheadMs
  }

  /** The clock at the moment when a timer for `deadline` fires: rounding must not make it early. */
  clockAtTimer(now: number, deadline: number): number {
    this.#clock = Math.max(this.clockAt(now), deadline - this.clockAt(now) < 1e-3 ? deadline : 0)
    return this.#clock
  }

  worldTimeOf(clock: number): number {
    return clock / this.clockRate
  }
}
