import {
  formatIpAddress,
  type IpAddress,
  type IpNetwork,
  parseIpAddress,
  parseIpNetwork,
} from '../../../../src/base/ip-address.ts'
import type { SleeveProof } from '../../../../src/core/mesh/fast-inquiries.ts'
import { emptyFastPathTable, type FastPathTable } from '../../../../src/core/mesh/fast-path-table.ts'
import type { Output } from '../../../../src/core/router/api.ts'
import { FastPathKeeper, type FastPathSources } from '../../../../src/core/router/fast-path.ts'
import { encodeFastNeighbours } from '../../../../src/core/wire/fast-neighbours.ts'
import { Topic } from '../../../../src/core/wire/topic.ts'
import { encodeTunnelNotice } from '../../../../src/core/wire/tunnel-notice.ts'
import { acceptedBy } from '../../base/outcome.ts'

type Context = ConstructorParameters<typeof FastPathKeeper>[0]

export const SELF = 1

/** Underlay addresses that are trusted. */
export function addressOf(peer: number): IpAddress {
  return ipAddress(`10.0.0.${peer}`)
}

export function ipOf(peer: number): string {
  return formatIpAddress(addressOf(peer))
}

export function ipAddress(text: string): IpAddress {
  return acceptedBy(parseIpAddress(text))
}

export interface Setting {
  /** Address of the other end by peer. */
  readonly neighbours?: Readonly<Record<number, string>>
  /** Where frames go to peers without a link; undefined while it is sought. */
  readonly direct?: Readonly<Record<number, string | undefined>>
  readonly addresses?: Readonly<Record<number, readonly string[]>>
  readonly members?: readonly number[]
  readonly trusted?: readonly string[]
  /** Whether this router has a WireGuard device. */
  readonly hasTunnel?: boolean
  readonly adopted?: FastPathTable
}

interface Waiting {
  readonly peer: number
  readonly nonce: number
  readonly at: number
}

/** What the keeper sees of the router around it. */
export class World {
  readonly members: Set<number>
  readonly reachable: Set<number>
  /** Peers that a way over links is cheaper to. */
  readonly dear = new Set<number>()
  /** What operators say that ways cost, by the router that tells it. */
  readonly prices = new Map<number, Readonly<Record<number, number>>>()
  /** What routers have measured, by the router that tells it. */
  readonly measured = new Map<number, Uint8Array>()
  readonly bodies = new Map<number, Uint8Array>()
  readonly notices = new Map<number, Uint8Array>()
  readonly changes: string[] = []
  readonly moves: string[] = []
  readonly keeper: FastPathKeeper
  direct: NonNullable<Setting['direct']>
  published: Uint8Array | undefined
  /** What the WireGuard device is to have. */
  tunnels: Extract<Output, { kind: 'tunnels' }> | undefined
  #outputs: Output[] = []
  /** Peers that answer by the sleeve. */
  readonly sleeved = new Set<number>()
  /** When they were asked there last. */
  readonly sleeveAskedAt = new Map<number, number>()
  readonly sleeve: SleeveProof = {
    ask: (peer, now) => this.sleeveAskedAt.set(peer, now),
    provedAt: peer => (this.sleeved.has(peer) ? this.sleeveAskedAt.get(peer) : undefined) ?? Number.NEGATIVE_INFINITY,
    forget: peer => this.sleeveAskedAt.delete(peer),
  }
  /** Addresses from which no question is answered. */
  readonly silent = new Set<string>()
  /** The last question to each address. */
  readonly #open = new Map<string, { readonly peer: number; readonly nonce: number }>()
  #nonces = 0

  constructor(setting: Setting) {
    this.members = new Set(setting.members ?? [2, 3, 4, 5])
    this.reachable = new Set(this.members)
    this.direct = setting.direct ?? {}
    const sources = {
      addresses: {
        endpointsOf: (peer: number) => (setting.addresses?.[peer] ?? []).map(ip => ({ ip, port: 6783 })),
      },
      isReachable: (peer: number) => this.reachable.has(peer),
      isDear: (peer: number) => this.dear.has(peer),
      stepMs: () => 0,
      pricesOf: (peer: number) => new Map(entries(this.prices.get(peer) ?? {})),
      sleeve: this.sleeve,
      paths: () => entries(this.direct).map(([peer, ip]) => ({ peer, endpoint: ip && { ip, port: 6783 } })),
    } as unknown as FastPathSources
    const tunnel = { publicKey: new Uint8Array(32).fill(SELF), port: 6785 }
    const options = {
      trusted: (setting.trusted ?? ['10.0.0.0/24']).map(trusted),
      adopted: setting.adopted ?? emptyFastPathTable(SELF),
      ...(setting.hasTunnel === true ? { tunnel } : {}),
    }
    this.keeper = new FastPathKeeper(this.#context(setting.neighbours ?? {}), options, sources)
  }

  says(peer: number, neighbours: readonly number[]): void {
    this.bodies.set(peer, encodeFastNeighbours(neighbours))
  }

  /** The peer has a WireGuard device, and exchanges VXLAN with these peers inside its tunnels. */
  hasDevice(peer: number, neighbours: readonly number[]): void {
    const publicKey = new Uint8Array(32).fill(peer)
    this.notices.set(peer, encodeTunnelNotice({ publicKey, port: 6785, neighbours }))
  }

  /** Whom the keeper asks at `now`. */
  asked(now: number): readonly { readonly peer: number; readonly to: string }[] {
    this.keeper.tend(now)
    const probes = this.#take().filter(output => output.kind === 'fast-probe')
    for (const { peer, nonce, to } of probes) this.#open.set(to, { peer, nonce })
    return probes.map(({ peer, to }) => ({ peer, to }))
  }

  /** The peer answers as often as it takes. */
  prove(peer: number): void {
    for (let i = 0; i < 2; i++) this.answer(peer, 1)
  }

  /** The own kernel does not send the next question there. */
  refuse(to: string, now: number): void {
    this.asked(now)
    const question = this.#open.get(to)
    if (question === undefined) throw new Error(`no question to ${to}`)
    this.keeper.heard({ kind: 'fast-probe-refused', ...question }, now)
  }

  answerUntil(peer: number, until: number, roundTripMs?: number): void {
    for (let now = 1; now <= until; now += 250) this.answer(peer, now, roundTripMs)
  }

  /** A neighbour hears what this router has heard in no time, so nothing waits for its turn. */
  route(now = 0): FastPathTable {
    this.keeper.route(now)
    const outputs = this.#take()
    this.tunnels = outputs.find(output => output.kind === 'tunnels')
    const [last] = outputs.filter(output => output.kind === 'fast-path')
    if (last === undefined) throw new Error('no table')
    return last.table
  }

  /** Each question that is open to the peer. */
  answer(peer: number, now: number, roundTripMs = 0.1): void {
    this.asked(now)
    for (const [to, question] of this.#open) {
      if (question.peer !== peer || this.silent.has(to)) continue
      this.#open.delete(to)
      this.keeper.heard({ kind: 'fast-probe-answered', ...question, roundTripMs }, now)
    }
  }

  /**
   * Answers each question of each peer at once, from `from` on, and says in time which have no answer, as the shell does; until then, or until
   * `isDone`. Gives the time.
   */
  live(from: number, until: number, isDone: () => boolean = () => false): number {
    let [now, waiting]: [number, readonly Waiting[]] = [from, []]
    for (; now < until && !isDone(); now++) {
      for (const { peer, nonce } of waiting.filter(({ at }) => at === now))
        this.keeper.heard({ kind: 'fast-probe-unanswered', peer, nonce }, now)
      this.keeper.tend(now)
      for (const { peer, nonce, to, answerWithinMs } of this.#take().filter(output => output.kind === 'fast-probe')) {
        if (!this.silent.has(to)) this.keeper.heard({ kind: 'fast-probe-answered', peer, nonce, roundTripMs: 0.1 }, now)
        else if (answerWithinMs !== undefined)
          waiting = [...waiting, { peer, nonce, at: now + Math.ceil(answerWithinMs) }]
      }
    }
    return now
  }

  #take(): readonly Output[] {
    return this.#outputs.splice(0)
  }

  #context(neighbours: Readonly<Record<number, string>>): Context {
    return {
      options: { shortId: SELF, now: 0, port: 6783, random: () => Uint8Array.of(0, 0, 0, ++this.#nonces) },
      membership: {
        members: [...this.members].map(shortId => ({ shortId })),
        host: (peer: number) => (this.members.has(peer) ? { host: `host-${peer}` } : undefined),
      },
      neighbours: { ready: entries(neighbours).map(([peer, ip]) => ({ peer, remote: { ip, port: 6783 } })) },
      topics: {
        listen: () => undefined,
        publish: (topic: number, body: Uint8Array) => {
          if (topic === Topic.fastPath) this.published = body
          if (topic === Topic.fastCosts) this.measured.set(SELF, body)
          if (topic === Topic.tunnel) this.notices.set(SELF, body)
        },
        peersWith: () => [...this.bodies.keys()],
        bodyOf: (peer: number, topic: number) => {
          if (topic === Topic.fastCosts) return this.measured.get(peer)
          return (topic === Topic.tunnel ? this.notices : this.bodies).get(peer)
        },
      },
      sessions: { pairKey: () => new Uint8Array(32) },
      emit: (output: Output) => this.#outputs.push(output),
      log: (_: string, message: string, fields: Readonly<Record<string, unknown>>) => {
        if (message !== 'path changed') return
        const way = fields.way === undefined ? '' : ` ${fields.was} → ${fields.way}`
        this.moves.push(`${fields.peer} ${fields.path}${way}: ${fields.reason}`)
      },
      changed: (when: string) => this.changes.push(when),
    } as unknown as Context
  }
}

function entries<T>(record: Readonly<Record<number, T>>): readonly (readonly [number, T])[] {
  return Object.entries(record).map(([peer, value]) => [Number(peer), value as T])
}

function trusted(text: string): IpNetwork {
  return acceptedBy(parseIpNetwork(text))
}
