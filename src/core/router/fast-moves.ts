import { formatIpAddress, type IpAddress } from '../../base/ip-address.ts'
import { HOP_COST } from '../mesh/link-quality.ts'
import { isTunnelAddress } from '../mesh/tunnel-address.ts'
import type { ConversationContext } from './conversation.ts'
import type { DrawnFastPath } from './draw-fast-path.ts'
import { describeGain, describeLoss, describeTurn, type PathFacts } from './path-reasons.ts'

type Drawn = { readonly table: Pick<DrawnFastPath['table'], 'hops' | 'endpoints'>; readonly routes: Costs }
type Costs = { get(peer: number): { readonly cost: number } | undefined }

/** Where a way to a peer begins. */
export interface FirstHop {
  /** A neighbour or the peer itself; undefined when that is not known. */
  readonly via: number | undefined
  /** Whether it goes through a tunnel. */
  readonly isSealed: boolean
}

export interface MoveSources {
  /** Of the way to `peer` that begins so. */
  readonly factsOf: (peer: number, first: FirstHop) => PathFacts
  readonly nicknameOf: (peer: number) => string
}

/** Tells which peers frames come to take another path to, or another way on the fast path, and why; and counts that. */
export class FastMoves {
  readonly #log: ConversationContext['log']
  readonly #sources: MoveSources
  #changes = 0
  #wayChanges = 0

  constructor(log: ConversationContext['log'], sources: MoveSources) {
    this.#log = log
    this.#sources = sources
  }

  /** Between sleeve and fast path. */
  get changes(): number {
    return this.#changes
  }

  /** On the fast path: another next hop, or another address of it. */
  get wayChanges(): number {
    return this.#wayChanges
  }

  note(before: Drawn, next: Drawn): void {
    for (const [peer, hop] of next.table.hops) {
      const was = before.table.hops.get(peer)
      if (was === undefined) this.#changed(peer, 'fastdp', describeGain(this.#factsOf(peer, next, hop)))
      else if (was !== hop) this.#turned(peer, before, next)
    }
    for (const [peer, hop] of before.table.hops) {
      if (!next.table.hops.has(peer)) this.#changed(peer, 'sleeve', describeLoss(this.#factsOf(peer, before, hop)))
    }
  }

  #changed(peer: number, path: 'fastdp' | 'sleeve', reason: string): void {
    this.#changes++
    this.#log('info', 'path changed', { peer, nickname: this.#sources.nicknameOf(peer), path, reason })
  }

  #turned(peer: number, before: Drawn, next: Drawn): void {
    this.#wayChanges++
    const [from, to] = [before.table.hops.get(peer), next.table.hops.get(peer)]
    const facts = { before: this.#factsOf(peer, before, from), after: this.#factsOf(peer, next, to) }
    this.#log('info', 'path changed', {
      peer,
      nickname: this.#sources.nicknameOf(peer),
      path: 'fastdp',
      way: this.#nameOfWay(peer, next, to),
      was: this.#nameOfWay(peer, before, from),
      reason: describeTurn(facts, this.#judge(peer, before, next)),
    })
  }

  /** In the clear goes before the tunnel, and then the cheaper way. */
  #judge(peer: number, before: Drawn, next: Drawn): 'better' | 'as good' | 'worse' {
    const [isSealed, wasSealed] = [next, before].map(({ table }) => {
      const hop = table.hops.get(peer)
      return hop !== undefined && isTunnelAddress(hop)
    })
    if (isSealed !== wasSealed) return isSealed ? 'worse' : 'better'
    const { cost = HOP_COST } = next.routes.get(peer) ?? {}
    const { cost: costBefore = cost } = before.routes.get(peer) ?? {}
    if (cost === costBefore) return 'as good'
    return cost < costBefore ? 'better' : 'worse'
  }

  #factsOf(peer: number, { table }: Drawn, hop: IpAddress | undefined): PathFacts {
    if (hop === undefined) return this.#sources.factsOf(peer, { via: undefined, isSealed: false })
    return this.#sources.factsOf(peer, { via: table.endpoints.get(hop), isSealed: isTunnelAddress(hop) })
  }

  #nameOfWay(peer: number, { table }: Drawn, hop: IpAddress | undefined): string {
    const via = hop === undefined ? undefined : table.endpoints.get(hop)
    if (hop === undefined || via === undefined) return 'unknown'
    if (isTunnelAddress(hop)) return 'through WireGuard'
    const where = formatIpAddress(hop)
    return via === peer ? `direct at ${where}` : `by way of ${this.#sources.nicknameOf(via)} at ${where}`
  }
}
