import type { DatagramCipher, Output, RouterMachine } from '../../src/core/router/index.ts'
import type { NetworkFaults } from './network.ts'
import type { SimulatedHost } from './simulated-host.ts'

export interface WorldOptions {
  readonly seed: number
  /** Share of datagrams lost, 0 to 1; the same as `faults.loss`. */
  readonly loss?: number
  readonly faults?: Partial<NetworkFaults>
  /** Clocks run fast or slow by up to this share, each host's by its own. */
  readonly driftMax?: number
  /** Wall clocks, which boot ids are taken from, differ by up to so many milliseconds. */
  readonly skewMax?: number
  /** False for long runs: the wiretap keeps every datagram. */
  readonly keepsWiretap?: boolean
  /** What operators say that links cost: of each host, by the name at the other end. */
  readonly linkCosts?: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Hears what routers log. */
  readonly heardLog?: (host: string, entry: Extract<Output, { readonly kind: 'log' }>) => void
  /** Datagrams under one key before another is asked for; what the data plane takes for the most when absent. */
  readonly sealedMax?: number
  /** Routers have all that agents tell each other of: addresses, of their ranges in the manifest, names, and a fast path that never answers. */
  readonly hasTopics?: boolean
  /** Networks over which frames may go in the clear, on the fast path. None: it never answers. `FastKernels` answers there. */
  readonly trusted?: readonly string[]
  /** Whether hosts with a fast path have WireGuard too. */
  readonly hasTunnels?: boolean
  /** Hears what routers say to requests for addresses. */
  readonly answered?: (host: SimulatedHost, answer: Extract<Output, { readonly kind: 'ipam-answer' }>) => void
  readonly broken?: BrokenParts
}

/** What tests put in place of sound parts, to see that the invariants notice. */
export interface BrokenParts {
  readonly router?: (router: RouterMachine, name: string) => RouterMachine
  readonly cipher?: (cipher: DatagramCipher) => DatagramCipher
}
