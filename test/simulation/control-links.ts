import type { Endpoint } from '../../src/base/endpoint.ts'
import type { Input } from '../../src/core/router/index.ts'
import type { SimulatedNetwork } from './network.ts'
import type { SimulatedHost } from './simulated-host.ts'

const CONNECT_TIMEOUT_MS = 3_000
const RETRANSMIT_FIRST_MS = 200
/** Bytes that cannot be delivered for so long are given up, as TCP gives up at last. */
const GIVE_UP_AFTER_MS = 30_000

export interface LinksWorld {
  readonly now: number
  readonly network: SimulatedNetwork
  /** Who answers at `target`, and the address that the dialler seems to have; undefined when nobody does. */
  reach(dialler: string, target: Endpoint): { readonly host: SimulatedHost; readonly ip: string } | undefined
  tell(name: string, input: Input): void
  after(delayMs: number, run: () => void): void
  /** A piece of a stream sets out. */
  sent(from: SimulatedHost, to: SimulatedHost, bytes: Uint8Array): void
}

type Piece = { readonly kind: 'data'; readonly bytes: Uint8Array } | { readonly kind: 'end'; readonly reason: string }

/** One side of a connection: its pieces wait here until the wire takes them. */
interface End {
  readonly id: number
  readonly host: SimulatedHost
  readonly starts: number
  readonly waiting: Piece[]
  isOpen: boolean
  isRetrying: boolean
  arrivesAt: number
  /** The other side. */
  far: End
  connection: { isHalfOpen: boolean }
}

/** Control connections as TCP makes them: in order, retransmitted, and now and then dead without a word. */
export class ControlLinks {
  readonly #world: LinksWorld
  readonly #ends = new Map<number, End>()
  #lastId = 0

  constructor(world: LinksWorld) {
    this.#world = world
  }

  /** Sees every piece that sets out. */
  tap: ((from: string, bytes: Uint8Array) => void) | undefined

  get size(): number {
    return this.#ends.size
  }

  /** Pieces that the fullest end holds back. */
  get waitingMax(): number {
    let most = 0
    for (const end of this.#ends.values()) most = Math.max(most, end.waiting.length)
    return most
  }

  dial(host: SimulatedHost, target: Endpoint): void {
    const reached = this.#world.reach(host.name, target)
    const far = reached?.host
    const { network, now } = this.#world
    const starts = host.starts
    const fail = () => {
      if (isRunning(host, starts)) this.#world.tell(host.name, { kind: 'dial-failed', target, reason: 'timed out' })
    }
    if (reached === undefined || far === undefined || !far.isUp || !network.passesBothWays(host.name, far.name)) {
      return this.#world.after(CONNECT_TIMEOUT_MS, fail)
    }
    const farStarts = far.starts
    this.#world.after(network.streamDelay(host.name, far.name, { now, bytes: 0 }), () => {
      if (!isRunning(host, starts)) return
      if (isRunning(far, farStarts)) this.#connect(host, far, { target, seenAs: reached.ip })
      else fail()
    })
  }

  send(id: number, bytes: Uint8Array): void {
    this.#enqueue(id, { kind: 'data', bytes })
  }

  /** Lets a host say what its router did not, on a connection that it has with another. */
  sendFromTo(from: string, to: string, bytes: Uint8Array): void {
    const end = [...this.#ends.values()].find(({ host, far }) => host.name === from && far.host.name === to)
    if (end !== undefined) this.send(end.id, bytes)
  }

  /** Closes this side at once; the far side hears of it behind all that was sent. */
  close(id: number, reason: string): void {
    this.#enqueue(id, { kind: 'end', reason })
    const end = this.#ends.get(id)
    if (end !== undefined) this.#shut(end)
  }

  /** The process is gone: its kernel ends its connections, unless the whole machine died. */
  abandon(host: SimulatedHost, isSilent: boolean): void {
    for (const end of [...this.#ends.values()]) {
      if (end.host !== host || !end.isOpen) continue
      if (isSilent) this.#shut(end)
      else this.close(end.id, 'connection reset')
    }
  }

  /** Connections between the two end at once, and both ends are told. */
  reset(a: string, b: string): void {
    for (const end of [...this.#ends.values()]) {
      if (end.host.name !== a || end.far.host.name !== b) continue
      for (const { id, host, isOpen } of [end, end.far]) {
        if (isOpen && host.isUp)
          this.#world.tell(host.name, { kind: 'link-closed', link: id, reason: 'connection reset' })
      }
      this.#shut(end)
      this.#shut(end.far)
    }
  }

  /** Connections between the two swallow all bytes from here on, and neither end is told. */
  halfOpen(a: string, b: string): void {
    for (const end of this.#ends.values()) {
      if (end.host.name === a && end.far.host.name === b) end.connection.isHalfOpen = true
    }
  }

  /** All connections of the host to those that `isFar` names swallow all bytes from here on. */
  halfOpenAll(name: string, isFar: (far: string) => boolean): void {
    for (const end of this.#ends.values()) {
      if (end.host.name === name && isFar(end.far.host.name)) end.connection.isHalfOpen = true
    }
  }

  #connect(host: SimulatedHost, far: SimulatedHost, at: { target: Endpoint; seenAs: string }): void {
    const connection = { isHalfOpen: false }
    const near = this.#newEnd(host, connection)
    const other = this.#newEnd(far, connection)
    near.far = other
    other.far = near
    const remote = { ip: at.seenAs, port: 30_000 + (other.id % 30_000) }
    const { publicKey } = far.member
    const direction = 'outbound'
    this.#world.tell(host.name, { kind: 'link-opened', link: near.id, direction, remote: at.target, publicKey })
    this.#world.tell(far.name, {
      kind: 'link-opened',
      link: other.id,
      direction: 'inbound',
      remote,
      publicKey: host.member.publicKey,
    })
  }

  #newEnd(host: SimulatedHost, connection: { isHalfOpen: boolean }): End {
    const fields = { id: ++this.#lastId, host, starts: host.starts, waiting: [], isOpen: true, isRetrying: false }
    const end = { ...fields, arrivesAt: 0, connection } as unknown as End
    end.far = end
    this.#ends.set(end.id, end)
    return end
  }

  #enqueue(id: number, piece: Piece): void {
    const end = this.#ends.get(id)
    if (end === undefined || !end.isOpen) return
    end.waiting.push(piece)
    if (!end.isRetrying) this.#pump(end, { retryAfterMs: RETRANSMIT_FIRST_MS, since: this.#world.now })
  }

  #pump(end: End, retry: { readonly retryAfterMs: number; readonly since: number }): void {
    const { network, now } = this.#world
    const [from, to] = [end.host, end.far.host]
    if (end.connection.isHalfOpen) end.waiting.length = 0
    if (end.waiting.length > 0 && !network.passes(from.name, to.name)) {
      end.isRetrying = now - retry.since < GIVE_UP_AFTER_MS
      if (!end.isRetrying) end.waiting.length = 0
      else {
        this.#world.after(retry.retryAfterMs, () =>
          this.#pump(end, { retryAfterMs: retry.retryAfterMs * 2, since: retry.since }),
        )
      }
      return
    }
    end.isRetrying = false
    for (const piece of end.waiting.splice(0)) {
      if (piece.kind === 'data') {
        this.tap?.(from.name, piece.bytes)
        this.#world.sent(from, to, piece.bytes)
      }
      const bytes = piece.kind === 'data' ? piece.bytes.length : 0
      end.arrivesAt = Math.max(end.arrivesAt, now + network.streamDelay(from.name, to.name, { now, bytes }))
      this.#world.after(end.arrivesAt - now, () => this.#arrive(end, piece))
    }
  }

  #arrive(end: End, piece: Piece): void {
    const { far } = end
    if (end.connection.isHalfOpen || !far.host.isUp) return
    const isThere = far.isOpen && far.host.starts === far.starts
    if (isThere && piece.kind === 'data') {
      this.#world.tell(far.host.name, { kind: 'link-data', link: far.id, bytes: piece.bytes })
    } else if (isThere && piece.kind === 'end') {
      this.#shut(far)
      this.#world.tell(far.host.name, { kind: 'link-closed', link: far.id, reason: piece.reason })
    } else if (end.isOpen && end.host.isUp) this.#refuse(end)
  }

  /** The far machine knows nothing of the connection, and says so. */
  #refuse(end: End): void {
    const { network } = this.#world
    if (!network.passes(end.far.host.name, end.host.name)) return
    this.#shut(end)
    this.#world.tell(end.host.name, { kind: 'link-closed', link: end.id, reason: 'connection reset' })
  }

  #shut(end: End): void {
    end.isOpen = false
    this.#ends.delete(end.id)
  }
}

function isRunning(host: SimulatedHost, starts: number): boolean {
  return host.isUp && host.starts === starts
}
