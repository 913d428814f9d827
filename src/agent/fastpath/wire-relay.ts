import type { IpAddress } from '../../base/ip-address.ts'
import { type FastPathTable, isTunnelAddress } from '../../core/router/index.ts'
import { BpfCalls } from '../linux/bpf/bpf-calls.ts'
import { hasIpsecPolicies } from '../linux/ipsec.ts'
import type { Libc } from '../linux/libc.ts'
import { isEthernet } from '../linux/network-device.ts'
import { deviceTowards } from '../linux/route.ts'
import { SystemCallError } from '../linux/system-call-error.ts'

/** Asking the kernel takes a tenth of a millisecond. */
const LOOK_EVERY_MS = 2000

/**
 * The short cut of relays: the program `from_wire`, in front of the IP stack, on the devices that lead to the next hops of a router
 * that relays, and nowhere on one that does not. It is on devices of the host, so it is there only while the agent is; without it,
 * frames are relayed as well, by way of the stack. There are kernels without a place for it.
 */
export class WireRelay {
  readonly #libc: Libc
  readonly #calls: BpfCalls
  readonly #program: number
  /** By device what holds the program there; undefined where it cannot be. */
  readonly #links = new Map<number, number | undefined>()
  /** By next hop, when its way was looked for last. */
  readonly #lookedAt = new Map<IpAddress, number>()
  #isRelaying = false

  /** `program`: its file descriptor. */
  constructor(libc: Libc, program: number) {
    this.#libc = libc
    this.#calls = new BpfCalls(libc)
    this.#program = program
  }

  apply(table: FastPathTable): void {
    this.#isRelaying = isRelaying(table)
    if (this.#isRelaying) return
    this.#lookedAt.clear()
    this.close()
  }

  /** The program sends by no IPsec: where the host has any, everything goes by the stack. */
  tend(nextHop: IpAddress): void {
    const now = performance.now()
    const isSeen = now < (this.#lookedAt.get(nextHop) ?? Number.NEGATIVE_INFINITY) + LOOK_EVERY_MS
    if (!this.#isRelaying || isTunnelAddress(nextHop) || isSeen) return
    this.#lookedAt.set(nextHop, now)
    if (hasIpsecPolicies(this.#libc)) return this.close()
    const device = deviceTowards(this.#libc, nextHop)
    if (device === undefined || this.#links.has(device)) return
    this.#links.set(device, isEthernet(device) ? this.#link(device) : undefined)
  }

  close(): void {
    for (const link of this.#links.values()) if (link !== undefined) this.#calls.close(link)
    this.#links.clear()
  }

  #link(device: number): number | undefined {
    try {
      return this.#calls.linkToIngress(this.#program, device)
    } catch (cause) {
      if (cause instanceof SystemCallError) return undefined
      throw cause
    }
  }
}

/** A router relays when floods of others go on from it. */
function isRelaying({ self, trees }: FastPathTable): boolean {
  return [...trees].some(([source, { children }]) => source !== self && children.length > 0)
}
