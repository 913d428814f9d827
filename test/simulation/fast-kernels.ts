import { formatIpAddress } from '../../src/base/ip-address.ts'
import type { FastPathTable, Output, RouterMachine } from '../../src/core/router/index.ts'
import type { World } from './world.ts'

type Question = Extract<Output, { readonly kind: 'fast-probe' }> & { readonly from: string }

const STEP_MS = 50
/** As bpf/fast-path.h has it. */
const HOPS_MAX = 64

/** The kernels of a world with a fast path: they have the tables that their routers give them, and answer questions over wires that pass. */
export class FastKernels {
  readonly #tables = new Map<string, FastPathTable>()
  readonly #questions: Question[] = []
  readonly #roundTripMs: (from: string, to: string) => number | undefined

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

  /** As the world does, and answers are brought meanwhile. `each`: called every 50 ms. */
  run(world: World, forMs: number, each: () => void = () => undefined): void {
    for (let passed = 0; passed < forMs; passed += STEP_MS) {
      world.run(STEP_MS)
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
      const next = address === undefined ? undefined : this.#ownerOf(world, formatIpAddress(address))
      if (next === undefined || next === way.at(-2) || !world.network.passes(at, next)) break
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
        const to = this.#ownerOf(world, formatIpAddress(address))
        if (to === undefined || !world.network.passes(at, to)) continue
        copies.push([at, to])
        if (copies.length > HOPS_MAX) throw new Error(`a flood of ${source} does not end`)
        if (this.#tableOf(to).trees.get(shortId)?.parent === world.member(at).shortId) queue.push(to)
      }
    }
    return copies
  }

  #answer(world: World, { from, peer, to, nonce }: Question): void {
    const name = this.#ownerOf(world, to)
    if (name === undefined || !world.host(name).isUp || !world.network.passesBothWays(from, name)) return
    // A kernel answers whom its router knows.
    const isKnown = [...this.#tableOf(name).endpoints.values()].includes(world.member(from).shortId)
    const roundTripMs = this.#roundTripMs(from, name)
    if (isKnown && roundTripMs !== undefined)
      world.tell(from, { kind: 'fast-probe-answered', peer, nonce, roundTripMs })
  }

  #ownerOf(world: World, ip: string): string | undefined {
    return [...world.hosts.keys()].find(name => world.member(name).addresses.includes(ip))
  }

  #tableOf(name: string): FastPathTable {
    const table = this.#tables.get(name)
    if (table === undefined) throw new Error(`the kernel of ${name} has no table`)
    return table
  }
}
