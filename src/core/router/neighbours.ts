import type { Link } from '../mesh/link.ts'
import type { RecordedLink } from '../wire/peer-record.ts'

/** Links that say not who they are: their ends are certified, but may be many, and each takes memory. At the rate at which links are accepted, of 50 s. */
export const UNGREETED_MAX = 1_024

/** The links of this router, and which one of several to the same peer is kept. */
export class Neighbours {
  readonly #self: number
  readonly #links = new Map<number, Link>()
  readonly #byPeer = new Map<number, Link>()

  constructor(self: number) {
    this.#self = self
  }

  get links(): readonly Link[] {
    return [...this.#links.values()]
  }

  /** Links whose peer is known, one each. */
  get ready(): readonly Link[] {
    return [...this.#byPeer.values()]
  }

  link(id: number): Link | undefined {
    return this.#links.get(id)
  }

  linkTo(peer: number): Link | undefined {
    return this.#byPeer.get(peer)
  }

  add(link: Link): void {
    this.#links.set(link.id, link)
  }

  /** The oldest of those whose peer is not known, when they are too many: who has a hello to say has said it by then. */
  get surplusUngreeted(): Link | undefined {
    if (this.#links.size - this.#byPeer.size <= UNGREETED_MAX) return undefined
    const ungreeted = this.links.filter(({ peer }) => peer === undefined)
    return ungreeted.length > UNGREETED_MAX ? ungreeted[0] : undefined
  }

  remove(link: Link): void {
    this.#links.delete(link.id)
    if (link.peer !== undefined && this.#byPeer.get(link.peer) === link) this.#byPeer.delete(link.peer)
  }

  /** Call once the link knows its peer; makes it the one that stands for the peer. */
  promote(link: Link): void {
    if (link.peer !== undefined) this.#byPeer.set(link.peer, link)
  }

  /**
   * Of two links between the same routers both ends must drop the same one: the link that the router with the lower short id
   * dialled stays. Of two dialled by the same end, the later stays: the earlier is half dead, or its router restarted.
   */
  isPreferred(link: Link, other: Link, peer: number): boolean {
    const dialler = (candidate: Link) => (candidate.direction === 'outbound' ? this.#self : peer)
    const [mine, theirs] = [dialler(link), dialler(other)]
    return mine === theirs ? true : mine < theirs
  }

  /** For this router's record. `costSet`: what the operator says that the link to a peer costs. */
  recorded(costSet: (peer: number) => number | undefined): readonly RecordedLink[] {
    return this.ready.map(link => ({
      shortId: link.peer ?? 0,
      isOutbound: link.direction === 'outbound',
      isEstablished: link.isEstablished && link.provesAt === undefined,
      remote: link.remote,
      cost: costSet(link.peer ?? 0) ?? link.quality.cost,
    }))
  }
}
