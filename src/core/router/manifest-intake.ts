import type { SignedManifest } from '../../contract/cluster-manifest.ts'
import type { Link } from '../mesh/link.ts'
import type { LinkMessage } from '../wire/link-message.ts'
import { Allowances } from './allowances.ts'
import type { Instant } from './api.ts'
import type { ConversationContext } from './conversation.ts'
import { toBase64 } from './membership.ts'

/** What a manifest costs that was looked at in vain, however short it is. */
const IN_VAIN_MS = 100
const BYTES_PER_MS = 512
/** So much may be told in vain in a row: 300 short ones, some 40 of a thousand hosts, or four of the longest. */
const IN_VAIN_OWED_MAX_MS = 30_000

export const TOO_MANY_MANIFESTS = 'more manifests in vain than are looked at of one neighbour'
/** What the log says when a neighbour tells of manifests without end that are none, or outdated. */
export const FUTILE = 'a neighbour tells of manifests in vain, and its links are ended'

type IntakeContext = Pick<ConversationContext, 'membership' | 'log' | 'adopt'>
type ManifestMessage = Extract<LinkMessage, { kind: 'manifest' }>

/** A link, and what TLS has proved its other end to hold: known before the hello. */
export interface Teller {
  readonly link: Link
  readonly publicKey: Uint8Array
}

/**
 * Takes manifests that neighbours tell, and bounds what they have us verify and read: up to 4 MB, with a new signature each time. One that is
 * taken costs nothing, as only the cluster key makes those; the others are charged to the neighbour's key, so that connecting anew pays nothing.
 */
export class ManifestIntake {
  readonly #context: IntakeContext
  readonly #inVain = new Allowances<string>(IN_VAIN_OWED_MAX_MS)

  constructor(context: IntakeContext) {
    this.#context = context
  }

  /** Neighbours that there is memory taken for: at most those that were ever certified. */
  get size(): number {
    return this.#inVain.size
  }

  /**
   * Returns why the link has to end, if it has: a manifest comes once on each, so one that is not looked at has to come on a later link. Each neighbour
   * passes a manifest on: what is held already need not be verified, nor read, once more.
   */
  heard(
    { link, publicKey }: Teller,
    { text: manifest, signature: bytes }: ManifestMessage,
    now: Instant,
  ): string | undefined {
    const signed: SignedManifest = { manifest, signature: toBase64(bytes) }
    if (this.#isHeld(signed)) return undefined
    const key = toBase64(publicKey)
    if (!this.#inVain.allows(key, now)) return this.#refuse(link, key)
    const { adopt, membership } = this.#context
    adopt(signed, link)
    // In an open cluster, where keys cost nothing, manifests are not looked at.
    const isInVain = membership.kind === 'certified' && !this.#isHeld(signed)
    if (isInVain) this.#inVain.charge(key, IN_VAIN_MS + manifest.length / BYTES_PER_MS, now)
    return undefined
  }

  /** Call now and then. */
  forgetPaid(now: Instant): void {
    this.#inVain.forgetPaid(now)
  }

  #isHeld({ signature }: SignedManifest): boolean {
    return this.#context.membership.signed?.signature === signature
  }

  #refuse({ peer = 0, remote }: Link, key: string): string {
    const { membership, log } = this.#context
    const nickname = membership.host(peer)?.host ?? ''
    if (this.#inVain.exceeded(key)) log('warn', FUTILE, { peer, nickname, remote: remote.ip })
    return TOO_MANY_MANIFESTS
  }
}
