import type { Endpoint } from '../../src/base/endpoint.ts'
import type { Input, Probe } from '../../src/core/router/index.ts'
import type { VirtualTime } from './virtual-time.ts'

/** One way. */
export const LATENCY_MS = 1
const CONNECT_TIMEOUT_MS = 3_000

/** A host as the network sees it. */
export interface NetworkHost {
  readonly name: string
  readonly ip: string
  readonly publicKey: Uint8Array
  /** Hosts of other parts of a partition cannot be reached. */
  part: number
  isUp: boolean
  hear(input: Input): void
  /** What its data plane does with a question of the other's. */
  answer(asker: NetworkHost, probe: Probe): void
}

interface End {
  readonly id: number
  readonly host: NetworkHost
  far: End
  isOpen: boolean
}

/**
 * A network for a thousand hosts: all wired to all, one latency, partitions and dead hosts, and no other fault; what is under way
 * when a partition begins is lost, and the connection with it. The simulator's other network has all the faults, and costs more.
 */
export class ScaleNetwork {
  readonly #time: VirtualTime
  readonly #hosts = new Map<string, NetworkHost>()
  readonly #ends = new Map<number, End>()
  #lastId = 0

  constructor(time: VirtualTime) {
    this.#time = time
  }

  add(host: NetworkHost): void {
    this.#hosts.set(host.ip, host)
  }

  hostAt(ip: string): NetworkHost | undefined {
    return this.#hosts.get(ip)
  }

  passes(a: NetworkHost, b: NetworkHost): boolean {
    return a.isUp && b.isUp && a.part === b.part
  }

  dial(host: NetworkHost, target: Endpoint): void {
    const far = this.#hosts.get(target.ip)
    const isReached = far !== undefined && this.passes(host, far)
    this.#time.after(isReached ? 2 * LATENCY_MS : CONNECT_TIMEOUT_MS, () => {
      if (isReached && this.passes(host, far)) this.#connect(host, far, target)
      else host.hear({ kind: 'dial-failed', target, reason: 'timed out' })
    })
  }

  send(id: number, bytes: Uint8Array): void {
    this.#deliver(id, far => ({ kind: 'link-data', link: far.id, bytes }))
  }

  /** Closes this side at once; the far side hears of it behind all that was sent. */
  close(id: number, reason: string): void {
    this.#deliver(id, far => ({ kind: 'link-closed', link: far.id, reason }))
    const end = this.#ends.get(id)
    if (end !== undefined) this.#shut(end)
  }

  #deliver(id: number, inputOf: (far: End) => Input): void {
    const end = this.#ends.get(id)
    if (end === undefined || !this.passes(end.host, end.far.host)) return
    const { far } = end
    const input = inputOf(far)
    this.#time.after(LATENCY_MS, () => {
      if (!far.isOpen || !this.passes(end.host, far.host)) return
      if (input.kind === 'link-closed') this.#shut(far)
      far.host.hear(input)
    })
  }

  #connect(host: NetworkHost, far: NetworkHost, target: Endpoint): void {
    const near = this.#newEnd(host)
    const other = this.#newEnd(far)
    near.far = other
    other.far = near
    const remote = { ip: host.ip, port: 30_000 + (other.id % 30_000) }
    host.hear({
      kind: 'link-opened',
      link: near.id,
      direction: 'outbound',
      remote: target,
      publicKey: far.publicKey,
    })
    far.hear({ kind: 'link-opened', link: other.id, direction: 'inbound', remote, publicKey: host.publicKey })
  }

  #newEnd(host: NetworkHost): End {
    const end = { id: ++this.#lastId, host, isOpen: true } as End
    end.far = end
    this.#ends.set(end.id, end)
    return end
  }

  #shut(end: End): void {
    end.isOpen = false
    this.#ends.delete(end.id)
  }
}
