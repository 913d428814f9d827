import { ByteWriter } from '../../base/bytes.ts'
import { type Endpoint, formatEndpoint } from '../../base/endpoint.ts'
import type { Link } from '../mesh/link.ts'
import { createSigner, type Signer } from '../session/crypto.ts'
import { HOPS_MAX } from '../wire/datagram.ts'
import { encodeMessage, type LinkMessage } from '../wire/link-message.ts'
import { decodePunch, encodePunch, type Punch } from '../wire/punch.ts'
import { Allowances } from './allowances.ts'
import type { Instant } from './api.ts'
import { candidatesOf } from './candidates.ts'
import type { ConversationContext } from './conversation.ts'
import { PUNCHES_OWED_MAX_MS, PunchGate, punchPriceMs, signedText } from './punch-gate.ts'

const SIGNATURE_BYTES = 64

type PunchMessage = Extract<LinkMessage, { kind: 'punch' }>

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
  readonly #gate: PunchGate
  /** Of this router: half of what others take of it. */
  readonly #said = new Allowances(PUNCHES_OWED_MAX_MS)
  #sequence = 0

  constructor(context: RendezvousContext) {
    this.#context = context
    this.#gate = new PunchGate(context.options.shortId)
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

  /** Where this router can perhaps be reached. */
  get candidates(): readonly Endpoint[] {
    const { addresses, port } = this.#context.options
    const own = addresses.map(ip => ({ ip, port }))
    return candidatesOf(own, this.#seenOutside())
  }

  /** Asks `peer` to send probes here, or answers that it asked; unless so many were asked lately that others would not pass it on. */
  ask(peer: number, isReply: boolean, now: Instant): void {
    const { options, announcements } = this.#context
    if (!this.#said.allows(options.shortId, now)) return
    const { candidates, isSymmetric } = this
    this.#said.charge(options.shortId, 2 * punchPriceMs(candidates), now)
    const ends = { source: options.shortId, destination: peer }
    const order = { bootId: announcements.bootId, sequence: ++this.#sequence }
    const encoded = encodePunch({ ...ends, ...order, isReply, isSymmetric, candidates })
    this.#pass(peer, HOPS_MAX, joined(encoded, this.#signer.sign(signedText(encoded))))
  }

  /** Passes on what is for others; returns what another router, and nobody else, has to say to this one. */
  heard(link: Link, { punch: bytes, hopsLeft }: PunchMessage, now: Instant): Punch | undefined {
    const encoded = bytes.subarray(0, Math.max(0, bytes.length - SIGNATURE_BYTES))
    const decoded = decodePunch(encoded)
    if (!decoded.ok) return this.#refuse(`a punch that cannot be read: ${decoded.error}`, 0)
    const punch = decoded.value
    const from = { source: this.#context.membership.host(punch.source), neighbour: link.peer ?? 0 }
    const refusal = this.#gate.refusal({ punch, encoded, signature: bytes.subarray(encoded.length) }, from, now)
    if (refusal !== undefined) return this.#refuse(refusal, punch.source)
    if (punch.destination === this.#context.options.shortId) return punch
    if (hopsLeft > 1) this.#pass(punch.destination, hopsLeft - 1, bytes)
    return undefined
  }

  /** The peer is no member any more. */
  forget(peer: number): void {
    this.#observations.delete(peer)
  }

  #refuse(reason: string, source: number): undefined {
    this.#context.refusals.note(reason, { source })
  }

  #seenOutside(): readonly Endpoint[] {
    const { options, neighbours } = this.#context
    const seen = [...this.#observations].filter(([peer]) => neighbours.linkTo(peer) !== undefined)
    return seen.map(([, endpoint]) => endpoint).filter(({ ip }) => !options.addresses.includes(ip))
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

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  return new ByteWriter().bytes(a).bytes(b).finish()
}
