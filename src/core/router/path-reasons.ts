import { FAST_PATH_PORT, TUNNEL_PORT } from '../../contract/ports.ts'
import type { FastPathStatus } from './fast-path-status.ts'

/** What explains a change of path to a peer. */
export interface PathFacts {
  /** The first router on the way, the peer itself or a relay; undefined when that is not known. */
  readonly via: { readonly nickname: string; readonly isPeer: boolean } | undefined
  /** Why this router's own link there was lost; undefined while it is open. */
  readonly loss: string | undefined
  /** Whether the router at its other end has proved it too. */
  readonly isMutual: boolean
  /** Whether that router says that it has a link with the peer, or is the peer. */
  readonly isLast: boolean
  /** Why the first or the last link of the way costs more than a hop: an operator says so, or it was measured. Undefined when it does not. */
  readonly costsMore: 'priced' | 'measured' | undefined
}

/** Why the way straight to a peer is left alone. */
export const TOO_DEAR = 'the way over links is cheaper, as an operator says'
const PROVED = 'probes are answered'

/** Why a peer is on the fast path. */
export function describeGain({ via }: PathFacts): string {
  return via === undefined || via.isPeer ? PROVED : `${PROVED} on the way over ${via.nickname}`
}

/** Why a peer is on the fast path no more: the first thing on the way that does not hold, since either end of a link may lose it first. */
export function describeLoss({ via, loss, isMutual }: PathFacts): string {
  const where = via === undefined || via.isPeer ? '' : ` on the way over ${via.nickname}`
  if (loss !== undefined) return `${loss}${where}`
  const nickname = via?.nickname ?? 'the next host'
  return isMutual ? `${nickname} has no proved link onward` : `${nickname} gets no answers from here`
}

/** Why a peer is reached another way on the fast path, which is better than the one before, as good, or worse. */
export function describeTurn(
  { before, after }: { readonly before: PathFacts; readonly after: PathFacts },
  is: 'better' | 'as good' | 'worse',
): string {
  if (is === 'better') return describeGain(after)
  const holds = before.via !== undefined && before.loss === undefined && before.isMutual && before.isLast
  if (holds && before.costsMore === 'priced') return 'the way before costs more, as an operator says'
  if (holds && before.costsMore === 'measured') return 'the way before takes longer, or loses more'
  return is === 'as good' && holds ? 'this way is as short' : describeLoss(before)
}

/**
 * Why a neighbour is not on the fast path though this router has one, or not on the best way there: of each link that does not work what it
 * lacks. `hasTunnels`: whether there would be a link to a peer with WireGuard.
 */
export function describeRefusal(
  refused: readonly FastPathStatus['links'][number][],
  { hasTunnels }: Pick<FastPathStatus, 'hasTunnels'>,
): string {
  if (refused.length > 0) return refused.map(describeLack).join(', and ')
  const untrusted = 'the address is in no trusted subnet'
  return hasTunnels ? `${untrusted}, and the peer has no WireGuard` : untrusted
}

function describeLack(fast: FastPathStatus['links'][number]): string {
  const lost = fast.losses === 0 ? '' : `, lost ${fast.losses} times`
  const where = fast.isEncrypted
    ? `through WireGuard, UDP ${TUNNEL_PORT}`
    : `on UDP ${FAST_PATH_PORT} of ${fast.address}`
  if (fast.isNarrow) return `frames as large as the bridge takes get no answer ${where}, smaller ones do${lost}`
  return `no answer ${where}${lost}`
}
