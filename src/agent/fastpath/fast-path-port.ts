import { parseIpAddress } from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import type { FastPathTable, Input, MacListing, Output } from '../../core/router/index.ts'
import { deviceIndex, type Libc } from '../linux/libc.ts'
import { forgetPathMtu } from '../linux/path-mtu-cache.ts'
import { SystemCallError } from '../linux/system-call-error.ts'
import type { Logger } from '../runtime/logger.ts'
import type { FastPath } from './fast-path.ts'
import type { FastPathCounters, Load, PeerTraffic } from './map-values.ts'
import { probeDatagram } from './probe-datagram.ts'
import { ProbeSockets } from './probe-sockets.ts'
import type { Tunnel } from './tunnel.ts'

/** How soon and for how long answers are looked for: the kernel notes them without telling. */
const LOOK_EVERY_MS = 10
const LOOK_MS_MAX = 400
/** The smallest question. */
const SMALL_BYTES = 46
/** For IPv4 the kernel forgets all paths with one, and there are routes that are to take less for good. */
const FORGET_EVERY_MS = 60_000
/** Where that was in vain. */
const FORGET_AGAIN_MS = 600_000

type TunnelOrder = Extract<Output, { kind: 'tunnels' }>
type ProbeOrder = Extract<Output, { kind: 'fast-probe' }>

export interface FastPathPortOptions {
  readonly libc: Libc
  readonly path: FastPath
  /** Absent: frames go in the clear or not at all. */
  readonly tunnel: Tunnel | undefined
  readonly vxlan: string
  readonly mtu: number
  readonly log: Logger
  readonly tell: (input: Input) => void
  /** A device is gone. */
  readonly failed: (reason: string) => void
}

export interface FastPathReport {
  readonly counters: FastPathCounters
  /** Sent to all peers on the fast path at once, and in the figures of none. */
  readonly flooded: Load
  readonly peers: Readonly<Record<number, PeerTraffic & { readonly relayed: Load }>>
}

interface Outstanding {
  readonly nonce: number
  readonly to: string
  readonly datagram: Buffer
  /** Nanoseconds of the monotonic clock, as the kernel's. */
  readonly sentAt: bigint
  /** It was sent though the kernel has been told that the path takes less. */
  readonly isDoubtful: boolean
}

/** Does what the router wants of the fast path: writes its table, and asks other kernels whether they are there. */
export class FastPathPort {
  readonly #options: FastPathPortOptions
  /** Names and indices. */
  readonly #devices: ReadonlyMap<string, number>
  readonly #sockets: ProbeSockets
  readonly #outstanding = new Map<number, Outstanding>()
  /** By address, when the kernel may be made to forget next what it was told of the path. */
  readonly #forgetAt = new Map<string, number>()
  #table: FastPathTable
  #refusal: string | undefined
  #timer: NodeJS.Timeout | undefined
  #hasFailed = false

  constructor(options: FastPathPortOptions) {
    this.#options = options
    this.#table = options.path.adopted
    const names = [options.vxlan, ...(options.tunnel === undefined ? [] : [options.tunnel.name])]
    this.#devices = new Map(names.map(name => [name, deviceIndex(options.libc, name)]))
    this.#sockets = new ProbeSockets(options.libc)
  }

  /** What does not fit into the kernel is a fast path withdrawn: its links get no answers, and their peers go back to the sleeve. */
  apply(table: FastPathTable): void {
    this.#table = table
    const refusal = this.#options.path.apply(table)?.message
    if (refusal !== undefined && refusal !== this.#refusal) {
      this.#options.log.write('warn', 'fast path withdrawn, frames take the sleeve', { reason: refusal })
    }
    this.#refusal = refusal
  }

  /** A tunnel that does not answer is a link without answers: its peers go back to the sleeve. */
  applyTunnels(order: TunnelOrder): void {
    try {
      this.#options.tunnel?.apply(order)
    } catch (cause) {
      if (!(cause instanceof SystemCallError) && !(cause instanceof UserError)) throw cause
      this.#options.log.write('warn', 'tunnel not changed', { reason: cause.message })
    }
  }

  probe(order: ProbeOrder): void {
    if (!this.#isThere()) return
    const { self: source } = this.#table
    const { mtu } = this.#options
    const { peer: destination, nonce, to } = order
    const bytes = order.isLarge ? mtu : SMALL_BYTES
    this.#ask(destination, { nonce, to, datagram: probeDatagram({ source, destination, nonce, bytes }) })
    const address = parseIpAddress(to)
    if (address.ok) this.#options.path.tendWayTo(address.value)
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref()
  }

  report(): FastPathReport {
    const { path } = this.#options
    return {
      counters: path.counters(),
      flooded: path.flooded(),
      peers: Object.fromEntries(
        [...this.#table.members].map(peer => [peer, { ...path.trafficOf(peer), relayed: path.relayedFor(peer) }]),
      ),
    }
  }

  macs(): MacListing {
    return this.#options.path.macs()
  }

  /** The kernel goes on with what it has. */
  close(): void {
    clearInterval(this.#timer)
    this.#sockets.close()
    this.#options.path.close()
  }

  /** What the kernel refuses the router hears, and it goes anyway: the path may have come to take more. False then. */
  #ask(peer: number, question: Pick<Outstanding, 'nonce' | 'to' | 'datagram'>): boolean {
    const { nonce, to, datagram } = question
    const sentAt = process.hrtime.bigint()
    const isDoubtful = this.#sockets.send(datagram, to) === 'too large'
    this.#outstanding.set(peer, { ...question, sentAt, isDoubtful })
    if (!isDoubtful) return true
    this.#sockets.sendAnyway(datagram, to)
    this.#options.tell({ kind: 'fast-probe-refused', peer, nonce })
    return false
  }

  #look(): void {
    const now = process.hrtime.bigint()
    for (const [peer, question] of this.#outstanding) {
      const { nonce, sentAt } = question
      const answer = this.#options.path.answerOf(peer)
      const isAnswered = answer.nonce === nonce && answer.at >= sentAt
      const isLate = now - sentAt > BigInt(LOOK_MS_MAX * 1_000_000)
      if (isAnswered || isLate) this.#outstanding.delete(peer)
      if (!isAnswered) continue
      const roundTripMs = Number(answer.at - sentAt) / 1e6
      if (question.isDoubtful) this.#widened(peer, question)
      else this.#options.tell({ kind: 'fast-probe-answered', peer, nonce, roundTripMs })
    }
    if (this.#outstanding.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** VXLAN goes by what the kernel was told, so that has to be forgotten before the path is of use; then it is asked again. */
  #widened(peer: number, { nonce, to, datagram }: Outstanding): void {
    const now = performance.now()
    for (const [ip, at] of this.#forgetAt) if (at <= now) this.#forgetAt.delete(ip)
    const address = parseIpAddress(to)
    if (!address.ok || this.#forgetAt.has(to)) return
    const isForgotten = forgetPathMtu(this.#options.libc, address.value)
    const helps = isForgotten && this.#ask(peer, { nonce, to, datagram })
    this.#forgetAt.set(to, now + (helps ? FORGET_EVERY_MS : FORGET_AGAIN_MS))
    if (helps) this.#options.log.write('info', 'the path takes more than the kernel was told', { peer, address: to })
  }

  #isThere(): boolean {
    const { libc, failed } = this.#options
    const gone = [...this.#devices].find(([name, index]) => deviceIndex(libc, name) !== index)
    if (gone !== undefined && !this.#hasFailed) failed(`the device ${gone[0]} is gone`)
    this.#hasFailed = gone !== undefined
    return gone === undefined
  }
}
