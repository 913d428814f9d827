import { formatIpAddress, type IpAddress, parseIpAddress } from '../../src/base/ip-address.ts'
import { tunnelAddressOf, tunnelEndOf } from '../../src/core/mesh/tunnel-address.ts'
import { type FastPathTable, isTunnelAddress, type Output, type RouterMachine } from '../../src/core/router/index.ts'
import { acceptedBy } from '../unit/base/outcome.ts'
import type { World } from './world.ts'

type Devices = Extract<Output, { readonly kind: 'tunnels' }>

interface Question extends Extract<Output, { readonly kind: 'fast-probe' }> {
  readonly from: string
}

interface Overdue extends Question {
  /** After so many it is to be told. */
  readonly steps: number
}

const STEP_MS = 50
/** As bpf/fast-path.h has it. */
const HOPS_MAX = 64

/**
 * The kernels of a world with a fast path: they have the tables and the tunnels that their routers give them, and answer questions over
 * wires that pass.
 */
export class FastKernels {
  readonly #tables = new Map<string, FastPathTable>()
  readonly #tunnels = new Map<string, Devices>()
  readonly #questions: Question[] = []
  readonly #overdue: Overdue[] = []
  readonly #roundTripMs: (from: string, to: string) => number | undefined
  /** Wires on which a firewall drops what is in the clear, in both directions. */
  readonly #dropped = new Set<string>()

  /** `roundTripMs`: of a question that is answered; undefined for one that is lost. */
  constructor(roundTripMs: (from: string, to: string) => number | undefined = () => 0.1) {
    this.#roundTripMs = roundTripMs
  }

  /** To be put in place of each router. */
  watch(router: RouterMachine, name: string): RouterMachine {
    const drain = () => {
      const outputs = router.drain()
      for (const output of outputs) {
        if (output.kind === 'fast-path') this.#tables.set(name, output.table)
        if (output.kind === 'tunnels') this.#tunnels.set(name, output)
        if (output.kind === 'fast-probe') this.#questions.push({ ...output, from: name })
      }
      return outputs
    }
    return new Proxy(router, {
      get: (target, key) => {
        const value: unknown = key === 'drain' ? drain : Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  /** Has a firewall between the two take or drop what is in the clear. */
  firewall(a: string, b: string, does: 'take' | 'drop'): void {
    for (const wire of [`${a} ${b}`, `${b} ${a}`]) {
      if (does === 'drop') this.#dropped.add(wire)
      else this.#dropped.delete(wire)
    }
  }

  /** As the world does, and answers are brought meanwhile. `each`: called every 50 ms. */
  run(world: World, forMs: number, each: () => void = () => undefined): void {
    for (let passed = 0; passed < forMs; passed += STEP_MS) {
      world.run(STEP_MS)
      for (const question of this.#overdue.splice(0)) this.#tellOverdue(world, question)
      for (const question of this.#questions.splice(0)) this.#answer(world, question)
      each()
    }
  }

  /** The hosts that a frame comes by which is for one host's container, the last one is where it is taken or dropped. */
  wayOf(world: World, from: string, to: string): readonly string[] {
    const peer = world.member(to).shortId
    const way = [from]
    for (let at = from; at !== to && way.length <= HOPS_MAX; at = way.at(-1) ?? to) {
      const address = this.#tableOf(at).hops.get(peer)
      const next = address === undefined ? undefined : this.#ownerOf(world, address)
      if (address === undefined || next === undefined || next === way.at(-2)) break
      if (!this.#passes(world, [at, next], address)) break
      way.push(next)
    }
    return way
  }

  /** From and to: where the copies of a frame for all go. */
  floodFrom(world: World, source: string): readonly (readonly [string, string])[] {
    const { shortId } = world.member(source)
    const copies: (readonly [string, string])[] = []
    const queue = [source]
    for (const at of queue) {
      for (const address of this.#tableOf(at).trees.get(shortId)?.children ?? []) {
        const to = this.#ownerOf(world, address)
        if (to === undefined || !this.#passes(world, [at, to], address)) continue
        copies.push([at, to])
        if (copies.length > HOPS_MAX) throw new Error(`a flood of ${source} does not end`)
        if (this.#tableOf(to).trees.get(shortId)?.parent === world.member(at).shortId) queue.push(to)
      }
    }
    return copies
  }

  /** Whether frames to the peer go through its tunnel. */
  isSealed(world: World, from: string, to: string): boolean {
    const hop = this.#tableOf(from).hops.get(world.member(to).shortId)
    return hop !== undefined && isTunnelAddress(hop)
  }

  #tellOverdue(world: World, { steps, ...question }: Overdue): void {
    const { from, peer, nonce } = question
    if (!world.host(from).isUp) return
    if (steps > 1) this.#overdue.push({ ...question, steps: steps - 1 })
    else world.tell(from, { kind: 'fast-probe-unanswered', peer, nonce })
  }

  /** A question that is lost is told of once the world has run on for as long as answers may take. */
  #answer(world: World, question: Question): void {
    const { from, peer, nonce, answerWithinMs } = question
    const roundTripMs = this.#roundTripOf(world, question)
    if (roundTripMs !== undefined) world.tell(from, { kind: 'fast-probe-answered', peer, nonce, roundTripMs })
    else if (answerWithinMs !== undefined)
      this.#overdue.push({ ...question, steps: Math.ceil(answerWithinMs / STEP_MS) })
  }

  /** Undefined for a question that is not answered. */
  #roundTripOf(world: World, { from, to: ip }: Question): number | undefined {
    const to = acceptedBy(parseIpAddress(ip))
    const name = this.#ownerOf(world, to)
    if (name === undefined || !world.host(name).isUp) return undefined
    if (!this.#passes(world, [from, name], to) || !world.network.passes(name, from)) return undefined
    // A kernel answers whom its router knows.
    const { shortId } = world.member(from)
    const { endpoints } = this.#tableOf(name)
    const isKnown = isTunnelAddress(to)
      ? endpoints.get(tunnelEndOf(shortId)) === shortId
      : [...endpoints].some(([address, owner]) => owner === shortId && !isTunnelAddress(address))
    return isKnown ? this.#roundTripMs(from, name) : undefined
  }

  /** Through a tunnel, what is for an address goes to the peer that has it, when the devices of both know each other. */
  #passes(world: World, [from, to]: readonly [string, string], address: IpAddress): boolean {
    if (!world.network.passes(from, to)) return false
    if (!isTunnelAddress(address)) return !this.#dropped.has(`${from} ${to}`)
    return this.#hasTunnel(world, from, to) && this.#hasTunnel(world, to, from)
  }

  #hasTunnel(world: World, at: string, to: string): boolean {
    const address = tunnelAddressOf(world.member(to).shortId)
    const { peers = [], kept = [] } = this.#tunnels.get(at) ?? {}
    return kept.includes(address) || peers.some(peer => peer.address === address)
  }

  #ownerOf(world: World, address: IpAddress): string | undefined {
    const ip = formatIpAddress(address)
    return [...world.hosts.keys()].find(name => {
      const { shortId, addresses } = world.member(name)
      return addresses.includes(ip) || address === tunnelEndOf(shortId)
    })
  }

  #tableOf(name: string): FastPathTable {
    const table = this.#tables.get(name)
    if (table === undefined) throw new Error(`the kernel of ${name} has no table`)
    return table
  }
}
