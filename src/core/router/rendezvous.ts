import { ByteWriter } from '../../base/bytes.ts'
import { type Endpoint, formatEndpoint } from '../../base/endpoint.ts'
import type { Link } from '../mesh/link.ts'
import { createSigner, isSignedBy, type Signer } from '../session/crypto.ts'
import { HOPS_MAX } from '../wire/datagram.ts'
import { encodeMessage, type LinkMessage } from '../wire/link-message.ts'
import { CANDIDATES_MAX, decodePunch, encodePunch, PUNCH_CONTEXT, type Punch } from '../wire/punch.ts'
import type { Instant } from './api.ts'
import type { ConversationContext } from './conversation.ts'
import { fromBase64 } from './membership.ts'

const SIGNATURE_BYTES = 64
/** Punches for this router that it looks at in a second; the rest are dropped, and repeated by who sent them. */
export const PUNCHES_PER_SECOND_MAX = 50

export type RendezvousContext = Pick<
  ConversationContext,
  'options' | 'membership' | 'announcements' | 'neighbours' | 'emit' | 'refusals'
> & {
  /** The neighbour that leads to the peer. */
  readonly nextHopTo: (peer: number) => number | undefined
}

/**
 * What routers tell each other over links to find ways beside them: to a neighbour, where its datagrams come from; to any other
 * router, signed and passed on by those between, where one can perhaps be reached. A forged, old or doubled punch is dropped, so a
 * relay can do no more than keep one back.
 */
export class Rendezvous {
  readonly #context: RendezvousContext
  readonly #signer: Signer
  /** By neighbour: where it says that our datagrams come from. */
  readonly #observations = new Map<number, Endpoint>()
  readonly #told = new WeakMap<Link, string>()
  /** By source: the newest punch. Members only, so bounded by the manifest. */
  readonly #newest = new Map<number, Pick<Punch, 'bootId' | 'sequence'>>()
  #sequence = 0
  #second = 0
  #inSecond = 0

  constructor(context: RendezvousContext) {
    this.#context = context
    this.#signer = createSigner(context.options.identitySeed)
  }

  /** Tells the neighbour where its datagrams come from, once for each place. */
  tell(link: Link, seenAt: Endpoint): void {
    const place = formatEndpoint(seenAt)
    if (this.#told.get(link) === place) return
    this.#told.set(link, place)
    this.#send(link, { kind: 'observed', endpoint: seenAt })
  }

  observed(link: Link, endpoint: Endpoint): void {
    if (link.peer !== undefined) this.#observations.set(link.peer, endpoint)
  }

  /** Neighbours outside see this router at different ports: nobody else can know at which one it would see it. */
  get isSymmetric(): boolean {
    const seen = this.#seenOutside()
    return seen.some(({ ip, port }) => seen.some(other => other.ip === ip && other.port !== port))
  }

  /** Where this router can perhaps be reached: its own addresses, then what neighbours see. */
  get candidates(): readonly Endpoint[] {
    const { addresses, port } = this.#context.options
    const all = [...addresses.map(ip => ({ ip, port })), ...this.#seenOutside()]
    const distinct = new Map(all.map(endpoint => [formatEndpoint(endpoint), endpoint]))
    return [...distinct.values()].slice(0, CANDIDATES_MAX)
  }

  /** Asks `peer` to send probes here, or answers that it asked. */
  ask(peer: number, isReply: boolean): void {
    const { options, announcements } = this.#context
    const { candidates, isSymmetric } = this
    const ends = { source: options.shortId, destination: peer }
    const order = { bootId: announcements.bootId, sequence: ++this.#sequence }
    const encoded = encodePunch({ ...ends, ...order, isReply, isSymmetric, candidates })
    this.#pass(peer, HOPS_MAX, joined(encoded, this.#signer.sign(signedText(encoded))))
  }

  /** Passes on what is for others; returns what another router, and nobody else, has to say to this one. */
  heard({ punch: bytes, hopsLeft }: Extract<LinkMessage, { kind: 'punch' }>, now: Instant): Punch | undefined {
    const encoded = bytes.subarray(0, Math.max(0, bytes.length - SIGNATURE_BYTES))
    const decoded = decodePunch(encoded)
    if (!decoded.ok) return this.#refuse(`a punch that cannot be read: ${decoded.error}`, 0)
    const punch = decoded.value
    if (punch.destination !== this.#context.options.shortId) {
      if (hopsLeft > 1) this.#pass(punch.destination, hopsLeft - 1, bytes)
      return undefined
    }
    const host = this.#context.membership.host(punch.source)
    if (host === undefined) return this.#refuse('a punch of a stranger', punch.source)
    if (!this.#isNewest(punch)) return this.#refuse('a punch that is not newer', punch.source)
    if (!this.#hasTime(now)) return this.#refuse('more punches than are looked at', punch.source)
    const signature = bytes.subarray(encoded.length)
    if (!isSignedBy(fromBase64(host.publicKey), signedText(encoded), signature)) {
      return this.#refuse('a punch that its peer did not sign', punch.source)
    }
    this.#newest.set(punch.source, { bootId: punch.bootId, sequence: punch.sequence })
    return punch
  }

  /** The peer is no member any more. */
  forget(peer: number): void {
    this.#observations.delete(peer)
    this.#newest.delete(peer)
  }

  #refuse(reason: string, source: number): undefined {
    this.#context.refusals.note(reason, { source })
  }

  #seenOutside(): readonly Endpoint[] {
    const { options, neighbours } = this.#context
    const seen = [...this.#observations].filter(([peer]) => neighbours.linkTo(peer) !== undefined)
    return seen.map(([, endpoint]) => endpoint).filter(({ ip }) => !options.addresses.includes(ip))
  }

  #isNewest({ source, bootId, sequence }: Punch): boolean {
    const newest = this.#newest.get(source)
    if (newest === undefined || bootId > newest.bootId) return true
    return bootId === newest.bootId && sequence > newest.sequence
  }

  #hasTime(now: Instant): boolean {
    const second = Math.floor(now / 1000)
    if (second !== this.#second) this.#inSecond = 0
    this.#second = second
    return ++this.#inSecond <= PUNCHES_PER_SECOND_MAX
  }

  #pass(destination: number, hopsLeft: number, punch: Uint8Array): void {
    const nextHop = this.#context.nextHopTo(destination)
    const link = nextHop === undefined ? undefined : this.#context.neighbours.linkTo(nextHop)
    if (link !== undefined) this.#send(link, { kind: 'punch', hopsLeft, punch })
  }

  #send(link: Link, message: LinkMessage): void {
    this.#context.emit({ kind: 'link-send', link: link.id, bytes: encodeMessage(message) })
  }
}

function signedText(encoded: Uint8Array): Uint8Array {
  return joined(new TextEncoder().encode(PUNCH_CONTEXT), encoded)
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  return new ByteWriter().bytes(a).bytes(b).finish()
}
