import { formatIpAddress, type IpAddress, parseIpAddress } from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import type { FastPathTable, Input, MacListing, Output } from '../../core/router/index.ts'
import { deviceIndex, type Libc } from '../linux/libc.ts'
import { forgetPathMtu } from '../linux/path-mtu-cache.ts'
import { SystemCallError } from '../linux/system-call-error.ts'
import type { Logger } from '../runtime/logger.ts'
import type { FastPath } from './fast-path.ts'
import type { FastPathCounters, Load, PeerTraffic } from './map-values.ts'
import { type OpenQuestion, OpenQuestions } from './open-questions.ts'
import { probeDatagram } from './probe-datagram.ts'
import { ProbeSockets } from './probe-sockets.ts'
import type { Tunnel } from './tunnel.ts'

/** How soon answers are looked for: the kernel notes them without telling. */
const LOOK_EVERY_MS = 10
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

type Question = Omit<OpenQuestion, 'sentAt' | 'dueAt' | 'isDoubtful'> & Pick<ProbeOrder, 'answerWithinMs'>

/** Does what the router wants of the fast path: writes its table, and asks other kernels whether they are there. */
export class FastPathPort {
  readonly #options: FastPathPortOptions
  /** Names and indices. */
  readonly #devices: ReadonlyMap<string, number>
  readonly #sockets: ProbeSockets
  readonly #questions = new OpenQuestions()
  /** By address, when the kernel may be made to forget next what it was told of the path. */
  readonly #forgetAt = new Map<IpAddress, number>()
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
    const address = parseIpAddress(order.to)
    if (!address.ok || !this.#isThere()) return
    const { self: source } = this.#table
    const { mtu, path } = this.#options
    const { peer, nonce, answerWithinMs } = order
    const to = address.value
    const bytes = order.isLarge ? mtu : SMALL_BYTES
    const datagram = probeDatagram({ source, destination: peer, nonce, bytes })
    this.#ask({ peer, nonce, to, datagram, ...(answerWithinMs === undefined ? {} : { answerWithinMs }) })
    path.tendWayTo(to)
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
  #ask(question: Question): boolean {
    const { peer, nonce, to, datagram, answerWithinMs } = question
    const ip = formatIpAddress(to)
    const sentAt = process.hrtime.bigint()
    const isDoubtful = this.#sockets.send(datagram, ip) === 'too large'
    const dueAt = dueAfter(answerWithinMs)
    this.#questions.add({ peer, nonce, to, datagram, sentAt, isDoubtful, dueAt })
    if (!isDoubtful) return true
    this.#sockets.sendAnyway(datagram, ip)
    this.#options.tell({ kind: 'fast-probe-refused', peer, nonce })
    return false
  }

  #look(): void {
    const { path, tell } = this.#options
    const { answered, overdue } = this.#questions.take(process.hrtime.bigint(), (peer, to) => path.answerOf(peer, to))
    for (const { question, roundTripMs } of answered) {
      const { peer, nonce, isDoubtful } = question
      if (isDoubtful) this.#widened(question)
      else tell({ kind: 'fast-probe-answered', peer, nonce, roundTripMs })
    }
    for (const { peer, nonce, isDoubtful } of overdue) {
      if (!isDoubtful) tell({ kind: 'fast-probe-unanswered', peer, nonce })
    }
    if (this.#questions.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** VXLAN goes by what the kernel was told, so that has to be forgotten before the path is of use; then it is asked again. */
  #widened({ peer, nonce, to, datagram }: OpenQuestion): void {
    const now = performance.now()
    for (const [address, at] of this.#forgetAt) if (at <= now) this.#forgetAt.delete(address)
    if (this.#forgetAt.has(to)) return
    const { libc, log } = this.#options
    const helps = forgetPathMtu(libc, to) && this.#ask({ peer, nonce, to, datagram })
    this.#forgetAt.set(to, now + (helps ? FORGET_EVERY_MS : FORGET_AGAIN_MS))
    if (!helps) return
    log.write('info', 'the path takes more than the kernel was told', { peer, address: formatIpAddress(to) })
  }

  #isThere(): boolean {
    const { libc, failed } = this.#options
    const gone = [...this.#devices].find(([name, index]) => deviceIndex(libc, name) !== index)
    if (gone !== undefined && !this.#hasFailed) failed(`the device ${gone[0]} is gone`)
    this.#hasFailed = gone !== undefined
    return gone === undefined
  }
}

function dueAfter(answerWithinMs: number | undefined): bigint | undefined {
  return answerWithinMs === undefined ? undefined : process.hrtime.bigint() + BigInt(Math.ceil(answerWithinMs * 1e6))
}
