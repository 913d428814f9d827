import type { IpAddress } from '../../base/ip-address.ts'
import { FastInquiries, type FastInquirySources, type FastLeave } from './fast-inquiries.ts'
import type { FastLink, FastLinkLoss, FastProbeOrder } from './fast-link.ts'
import { FAST_LINKS_MAX, FastLinks } from './fast-links.ts'
import { isTunnelAddress } from './tunnel-address.ts'

type Candidates = ReadonlyMap<number, readonly IpAddress[]>

/** Where peers are to be asked on either way, by peer, the best address first. */
export interface WantedWays {
  readonly clear: Candidates
  /** Inside tunnels. */
  readonly sealed: Candidates
}

/** A link that was lost, and on which way. */
export interface FastWayLoss extends FastLinkLoss {
  readonly isSealed: boolean
}

export type FastWaysOptions = Omit<FastInquirySources, 'openTo'>

interface Way {
  readonly isSealed: boolean
  readonly links: FastLinks
  /** Why links were lost, by peer, until they are open again. */
  readonly reasons: Map<number, string>
}

/**
 * Both ways of VXLAN to other routers: in the clear, and inside tunnels. Each is asked by itself, so that the second is known to work
 * before it is needed, and the first is found when it works again. A peer has a link on either, on both or on none. One that falls silent
 * while another way to the peer works is left within moments: see `FastInquiries`.
 */
export class FastWays {
  readonly #clear: Way
  readonly #sealed: Way
  readonly #inquiries: FastInquiries

  constructor(options: FastWaysOptions) {
    const { nonceOf } = options
    this.#clear = { isSealed: false, links: new FastLinks(nonceOf), reasons: new Map() }
    this.#sealed = { isSealed: true, links: new FastLinks(nonceOf), reasons: new Map() }
    const openTo = (peer: number) => this.#ways.flatMap(({ links }) => links.linkTo(peer) ?? []).filter(isOpen)
    this.#inquiries = new FastInquiries({ ...options, openTo })
  }

  /** Those in the clear come first. */
  get all(): readonly FastLink[] {
    return this.#ways.flatMap(({ links }) => links.all)
  }

  get open(): readonly FastLink[] {
    return this.all.filter(isOpen)
  }

  get deadline(): number {
    return Math.min(this.#inquiries.deadline, ...this.#ways.map(({ links }) => links.deadline))
  }

  /** Some link in the clear has come to cost more or less since this was asked last. Tunnels cost nothing: nobody relays through them. */
  takeCostChange(): boolean {
    return this.#clear.links.takeCostChange()
  }

  /** Where the peer is asked in the clear. */
  clearAddressOf(peer: number): IpAddress | undefined {
    return this.#clear.links.linkTo(peer)?.address
  }

  /** Undefined while the link is open, and when it never was. */
  lossOf(peer: number, isSealed: boolean): string | undefined {
    return this.#way(isSealed).reasons.get(peer)
  }

  adopt(peer: number, address: IpAddress, now: number): void {
    this.#way(isTunnelAddress(address)).links.adopt(peer, address, now)
  }

  /** As for `FastLinks`. A flood goes to each peer by one of its ways, so peers are bounded together, and both ways lead to the same. */
  watch(wanted: WantedWays, now: number): void {
    const isKept = ({ peer, address, isOpen: isInUse }: FastLink) => {
      const candidates = isTunnelAddress(address) ? wanted.sealed : wanted.clear
      return isInUse || candidates.get(peer)?.includes(address) === true
    }
    const peers = new Set(this.all.filter(isKept).map(({ peer }) => peer))
    this.#clear.links.watch(admit(wanted.clear, peers), now)
    this.#sealed.links.watch(admit(wanted.sealed, peers), now)
  }

  /** The link is not to be used any more, for that reason. */
  forget({ peer, address }: Pick<FastLink, 'peer' | 'address'>, reason: string): void {
    const { links, reasons } = this.#way(isTunnelAddress(address))
    links.forget(peer)
    reasons.set(peer, reason)
  }

  /** The other kernel has answered. Gives the link when that has opened it. */
  answered(peer: number, nonce: number, roundTripMs: number, now: number): FastLink | undefined {
    const asked = this.#inquiries.answered(peer, nonce)
    if (asked !== undefined) this.#way(isTunnelAddress(asked)).links.lasts(peer, asked, now)
    for (const { links, reasons } of this.#ways) {
      const question = links.question(peer, nonce)
      if (question === undefined) continue
      this.#inquiries.proved(peer, question.link.address, question.askedAt)
      if (!links.answered(peer, nonce, roundTripMs, now)) return undefined
      reasons.delete(peer)
      return links.linkTo(peer)
    }
    return undefined
  }

  /** The shell has looked, and the other kernel has not answered in time. */
  unanswered(peer: number, nonce: number, now: number): void {
    for (const { links } of this.#ways) {
      const question = links.question(peer, nonce)
      if (question?.link.isOpen === true) this.#inquiries.begin(peer, question.isLarge, now)
    }
    const leave = this.#inquiries.unanswered(peer, nonce, now)
    if (leave !== undefined) this.#way(isTunnelAddress(leave.link.address)).links.leave(peer, describeLeave(leave))
  }

  refused(peer: number, nonce: number): void {
    for (const { links } of this.#ways) links.refused(peer, nonce)
  }

  /** Links lost by `now`. */
  lost(now: number): readonly FastWayLoss[] {
    return this.#ways.flatMap(({ links, reasons, isSealed }) =>
      links.lost(now).map(loss => {
        reasons.set(loss.peer, loss.reason)
        if (links.linkTo(loss.peer)?.isUnhurried !== true) this.#way(!isSealed).links.hurry(loss.peer)
        return { ...loss, isSealed }
      }),
    )
  }

  /** Probes to send at `now`. */
  due(now: number): readonly FastProbeOrder[] {
    return [...this.#ways.flatMap(({ links }) => links.due(now)), ...this.#inquiries.due(now)]
  }

  get #ways(): readonly Way[] {
    return [this.#clear, this.#sealed]
  }

  #way(isSealed: boolean): Way {
    return isSealed ? this.#sealed : this.#clear
  }
}

function isOpen(link: FastLink): boolean {
  return link.isOpen
}

function describeLeave({ link: { address }, isForSleeve }: FastLeave): string {
  const other = isTunnelAddress(address) ? 'in the clear' : 'through WireGuard'
  return `probes in a row were not answered, while those ${isForSleeve ? 'by the sleeve' : other} were`
}

/** Those of the peers, and of as many others as there is room for, which count as of the peers from then on. */
function admit(wanted: Candidates, peers: Set<number>): Candidates {
  const admitted = new Map<number, readonly IpAddress[]>()
  for (const [peer, candidates] of wanted) {
    if (candidates.length === 0 || (!peers.has(peer) && peers.size >= FAST_LINKS_MAX)) continue
    peers.add(peer)
    admitted.set(peer, candidates)
  }
  return admitted
}
