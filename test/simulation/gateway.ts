import { type Endpoint, formatEndpoint } from '../../src/base/endpoint.ts'

/**
 * What stands between a site and the rest of the world. RFC 4787 calls the first three endpoint-independent filtering, address and
 * port-dependent filtering, and address and port-dependent mapping; a firewall filters as the second does, and translates nothing.
 */
export const GATEWAY_KINDS = ['full cone', 'restricted', 'symmetric', 'firewall'] as const
export type GatewayKind = (typeof GATEWAY_KINDS)[number]

export interface GatewayOptions {
  readonly kind: GatewayKind
  /** Where the hosts behind it are seen; a firewall shows their own addresses. */
  readonly publicIp: string
  /** Silence after which a mapping is forgotten. */
  readonly mappingTimeoutMs: number
  /** No datagram passes, either way; control connections do. */
  readonly blocksUdp?: boolean
}

/** Mappings kept at one time, as cheap routers have it: the oldest goes. */
export const MAPPINGS_MAX = 1_024

interface Mapping {
  readonly key: string
  readonly inside: Endpoint
  readonly outside: Endpoint
  /** Far endpoints that were sent to, and until when they may answer. */
  readonly answers: Map<string, number>
  until: number
}

/** A NAT or a stateful firewall: lets datagrams out, and in what answers them. */
export class Gateway {
  readonly kind: GatewayKind
  readonly publicIp: string
  readonly blocksUdp: boolean
  readonly #timeoutMs: number
  readonly #mappings = new Map<string, Mapping>()
  #nextPort = 20_000

  constructor(options: GatewayOptions) {
    this.kind = options.kind
    this.publicIp = options.publicIp
    this.blocksUdp = options.blocksUdp === true
    this.#timeoutMs = options.mappingTimeoutMs
  }

  get translates(): boolean {
    return this.kind !== 'firewall'
  }

  get size(): number {
    return this.#mappings.size
  }

  /** Who the datagram seems to come from on the outside. */
  outward(inside: Endpoint, to: Endpoint, now: number): Endpoint | undefined {
    if (this.blocksUdp) return undefined
    const key = this.kind === 'symmetric' ? `${formatEndpoint(inside)} ${formatEndpoint(to)}` : formatEndpoint(inside)
    const mapping = this.#alive(key, now) ?? this.#map(key, inside)
    mapping.until = now + this.#timeoutMs
    mapping.answers.set(formatEndpoint(to), mapping.until)
    return mapping.outside
  }

  /** Whom the datagram is for on the inside; undefined when it is dropped. */
  inward(from: Endpoint, to: Endpoint, now: number): Endpoint | undefined {
    if (this.blocksUdp) return undefined
    const outside = formatEndpoint(to)
    for (const mapping of this.#mappings.values()) {
      if (formatEndpoint(mapping.outside) !== outside || mapping.until <= now) continue
      const isAnswer = (mapping.answers.get(formatEndpoint(from)) ?? 0) > now
      if (isAnswer || this.kind === 'full cone') return mapping.inside
    }
    return undefined
  }

  /** Switched off and on: all mappings are gone, and the next ones are others. */
  restart(): void {
    this.#mappings.clear()
  }

  #alive(key: string, now: number): Mapping | undefined {
    const mapping = this.#mappings.get(key)
    if (mapping !== undefined && mapping.until > now) return mapping
    this.#mappings.delete(key)
    return undefined
  }

  #map(key: string, inside: Endpoint): Mapping {
    const [oldest] = this.#mappings.keys()
    if (this.#mappings.size >= MAPPINGS_MAX && oldest !== undefined) this.#mappings.delete(oldest)
    const outside = this.translates ? { ip: this.publicIp, port: this.#nextPort++ } : inside
    const mapping = { key, inside, outside, answers: new Map<string, number>(), until: 0 }
    this.#mappings.set(key, mapping)
    return mapping
  }
}
