import { GATEWAY_KINDS } from './gateway.ts'
import { moveHost, restartGateway } from './gateway-deeds.ts'
import type { SeededRandom } from './random.ts'
import type { World } from './world.ts'

const SITES_MAX = 3
/** Probes go out each second: a mapping that is forgotten sooner is no NAT's that people use. */
const MAPPING_TIMEOUT_MIN_MS = 10_000
const MAPPING_TIMEOUT_MAX_MS = 60_000
/** Below what a probe takes nothing would pass; above is every frame of a scenario. */
const MTU_MIN = 60
const MTU_MAX = 200
const BYTES_PER_SECOND_MIN = 2_000
const BYTES_PER_SECOND_MAX = 50_000
const QUEUE_BYTES_MAX = 16_000

/** What befalls clusters whose hosts stand in sites of their own: NATs, firewalls, narrow wires, moves. */
export class SiteFaults {
  readonly #world: World
  readonly #draw: SeededRandom
  #moves = 0

  constructor(world: World, draw: SeededRandom) {
    this.#world = world
    this.#draw = draw
  }

  /** Puts some hosts behind gateways; call before routers start. Returns what was done. */
  begin(names: readonly string[]): readonly string[] {
    const left = [...names]
    const story: string[] = []
    for (let site = 1; site <= this.#draw.between(0, SITES_MAX) && left.length > 1; site++) {
      const inside = left.splice(this.#draw.between(0, left.length - 1), this.#draw.between(1, 3))
      story.push(this.#putBehind(site, inside))
    }
    return story
  }

  get deeds(): readonly (() => string | undefined)[] {
    return [() => this.#narrow(), () => this.#limitDatagrams(), () => this.#restartGateway(), () => this.#move()]
  }

  #putBehind(site: number, inside: readonly string[]): string {
    const kind = this.#draw.pick(GATEWAY_KINDS) ?? 'firewall'
    const mappingTimeoutMs = this.#draw.between(MAPPING_TIMEOUT_MIN_MS, MAPPING_TIMEOUT_MAX_MS)
    const blocksUdp = this.#draw.chance(0.2)
    this.#world.underlay.putBehind(inside, { kind, publicIp: `203.0.113.${site}`, mappingTimeoutMs, blocksUdp })
    return `${inside.join(', ')} behind ${kind}${blocksUdp ? ' that blocks UDP' : ''}, forgets in ${mappingTimeoutMs} ms`
  }

  #narrow(): string | undefined {
    const wire = this.#draw.pick(this.#world.network.wires)
    if (wire === undefined) return undefined
    const bytesPerSecond = this.#draw.between(BYTES_PER_SECOND_MIN, BYTES_PER_SECOND_MAX)
    this.#world.network.narrow(wire, { bytesPerSecond, queueBytesMax: QUEUE_BYTES_MAX })
    return `narrow ${wire.join(' and ')} to ${bytesPerSecond} bytes a second`
  }

  #limitDatagrams(): string | undefined {
    const wire = this.#draw.pick(this.#world.network.wires)
    if (wire === undefined) return undefined
    const bytesMax = this.#draw.between(MTU_MIN, MTU_MAX)
    this.#world.network.limitDatagrams(wire, bytesMax)
    return `pass datagrams of at most ${bytesMax} bytes between ${wire.join(' and ')}`
  }

  #restartGateway(): string | undefined {
    const name = this.#draw.pick([...this.#world.hosts.keys()])
    if (name === undefined || this.#world.underlay.gatewayOf(name) === undefined) return undefined
    restartGateway(this.#world, name)
    return `restart the gateway of ${name}`
  }

  #move(): string | undefined {
    const name = this.#draw.pick([...this.#world.hosts.keys()])
    if (name === undefined) return undefined
    const ip = `198.51.100.${++this.#moves}`
    moveHost(this.#world, name, ip)
    return `move ${name} to ${ip}`
  }
}
