import { type Endpoint, formatEndpoint } from '../../base/endpoint.ts'
import { CANDIDATES_MAX } from '../wire/punch.ts'

/** A NAT that shows more ports of an address shows yet another to each peer: none of them would help. */
const PORTS_MAX = 2

/** How many of the candidates are at the address that most of them are at; at least 1. So many probes come to it in each round. */
export function mostAtOneAddress(candidates: readonly Endpoint[]): number {
  const counts = new Map<string, number>()
  for (const { ip } of candidates) counts.set(ip, (counts.get(ip) ?? 0) + 1)
  return Math.max(1, ...counts.values())
}

/**
 * Where this router can perhaps be reached: its own addresses, then where neighbours see it, what most of them say first. Of one address few
 * ports, so that one neighbour that lies, or a NAT with many, costs little.
 */
export function candidatesOf(own: readonly Endpoint[], seen: readonly Endpoint[]): readonly Endpoint[] {
  const votes = new Map<string, { readonly endpoint: Endpoint; readonly count: number }>()
  for (const endpoint of seen) {
    const key = formatEndpoint(endpoint)
    votes.set(key, { endpoint, count: (votes.get(key)?.count ?? 0) + 1 })
  }
  const ranked = [...votes.values()].sort((a, b) => b.count - a.count).map(({ endpoint }) => endpoint)
  const distinct = new Map([...own, ...ranked].map(endpoint => [formatEndpoint(endpoint), endpoint]))
  const ports = new Map<string, number>()
  const few = [...distinct.values()].filter(({ ip }) => {
    ports.set(ip, (ports.get(ip) ?? 0) + 1)
    return (ports.get(ip) ?? 0) <= PORTS_MAX
  })
  return few.slice(0, CANDIDATES_MAX)
}
