import type { SignedManifest } from '../../contract/cluster-manifest.ts'
import type { Link } from '../mesh/link.ts'
import type { LinkMessage } from '../wire/link-message.ts'
import { Allowances } from './allowances.ts'
import type { Instant } from './api.ts'
import type { ConversationContext } from './conversation.ts'
import { fromBase64, toBase64 } from './membership.ts'

/** What a manifest costs that was looked at in vain, or told, however short it is. */
const MANIFEST_MS = 100
const BYTES_PER_MS = 512
/** So much in a row: 300 short ones, some 40 of a thousand hosts, or four of the longest. */
const OWED_MAX_MS = 30_000

export const TOO_MANY_MANIFESTS = 'more manifests in vain than are looked at of one neighbour'
export const TOLD_TOO_OFTEN = 'more manifests than are told to one neighbour'
/** What the log says when a neighbour tells of manifests without end that are none, or outdated. */
export const FUTILE = 'a neighbour tells of manifests in vain, and its links are ended'
/** What it says when one connects without end, to be told the manifest. */
export const FORGETFUL = 'a neighbour has itself told the manifest again and again, and its links are ended'

type DeskContext = Pick<ConversationContext, 'membership' | 'log' | 'adopt'>
type ManifestMessage = Extract<LinkMessage, { kind: 'manifest' }>

/** A link, and what TLS has proved its other end to hold: known before the hello. */
export interface Caller {
  readonly link: Link
  readonly publicKey: Uint8Array
}

/**
 * Takes manifests that neighbours tell, and tells them ours. Bounds what they have us verify and read: up to 4 MB, with a new signature each time; and
 * say, behind a hello of some hundred bytes. One that is taken costs nothing, as only the cluster key makes those. All else is charged to the
 * neighbour's key, so that connecting anew pays nothing.
 */
export class ManifestDesk {
  readonly #context: DeskContext
  readonly #send: (link: Link, message: ManifestMessage) => void
  readonly #heard = new Allowances<string>(OWED_MAX_MS)
  readonly #told = new Allowances<string>(OWED_MAX_MS)

  constructor(context: DeskContext, send: (link: Link, message: ManifestMessage) => void) {
    this.#context = context
    this.#send = send
  }

  /** Neighbours that there is memory taken for: at most those that were ever certified. */
  get size(): number {
    return this.#heard.size + this.#told.size
  }

  tell(link: Link): void {
    const { signed } = this.#context.membership
    if (signed === undefined) return
    this.#send(link, { kind: 'manifest', text: signed.manifest, signature: fromBase64(signed.signature) })
  }

  /** The other end has said which one it holds: tells it ours when that is newer. Returns why the link has to end, if it has. */
  greet({ link, publicKey }: Caller, version: bigint, now: Instant): string | undefined {
    const { membership } = this.#context
    if (version >= BigInt(membership.version)) return undefined
    const key = toBase64(publicKey)
    if (!this.#told.allows(key, now)) {
      if (this.#told.exceeded(key)) this.#warn(FORGETFUL, link)
      return TOLD_TOO_OFTEN
    }
    this.#told.charge(key, priceMs(membership.signed?.manifest ?? ''), now)
    this.tell(link)
    return undefined
  }

  /**
   * Returns why the link has to end, if it has: a manifest comes once on each, so one that is not looked at has to come on a later link. Each neighbour
   * passes a manifest on: what is held already need not be verified, nor read, once more.
   */
  heard({ link, publicKey }: Caller, { text, signature }: ManifestMessage, now: Instant): string | undefined {
    const signed: SignedManifest = { manifest: text, signature: toBase64(signature) }
    if (this.#isHeld(signed)) return undefined
    const key = toBase64(publicKey)
    if (!this.#heard.allows(key, now)) {
      if (this.#heard.exceeded(key)) this.#warn(FUTILE, link)
      return TOO_MANY_MANIFESTS
    }
    const { adopt, membership } = this.#context
    adopt(signed, link)
    // In an open cluster, where keys cost nothing, manifests are not looked at.
    const isInVain = membership.kind === 'certified' && !this.#isHeld(signed)
    if (isInVain) this.#heard.charge(key, priceMs(text), now)
    return undefined
  }

  /** Call now and then. */
  forgetPaid(now: Instant): void {
    this.#heard.forgetPaid(now)
    this.#told.forgetPaid(now)
  }

  #isHeld({ signature }: SignedManifest): boolean {
    return this.#context.membership.signed?.signature === signature
  }

  #warn(message: string, { peer = 0, remote }: Link): void {
    const { membership, log } = this.#context
    log('warn', message, { peer, nickname: membership.host(peer)?.host ?? '', remote: remote.ip })
  }
}

function priceMs(manifest: string): number {
  return MANIFEST_MS + manifest.length / BYTES_PER_MS
}
