import type { PeerName } from '../../base/peer-name.ts'
import type { Grant } from './body.ts'
import { intersect, type Range } from './range.ts'
import type { Tenure } from './tenures.ts'

/** A giver that has heard of the taking says no more of the grant: by then what the receiver says has come as well. */
const LATE_MS = 30_000
/** Of one giver. */
const HANDOVERS_MAX = 1_024

/** Space that a router has held, on its way to the one that it has given it to. */
export interface Handover extends Tenure {
  readonly giver: PeerName
  readonly receiver: PeerName
  readonly sequence: number
  /** Infinite while the giver says that it is on its way. */
  readonly endsAt: number
}

/**
 * What is given goes on being held: a grant is signed by the one that held the space, so its receiver has had it for as long.
 *
 *     held by the giver ──grant──▶ on its way ──claimed by the receiver──▶ held by it
 */
export class Handovers {
  #all: readonly Handover[] = []

  /** What the giver says is on its way; `held` is what it had before. */
  note(
    giver: PeerName,
    grants: readonly Grant[],
    { held, now }: { readonly held: readonly Tenure[]; readonly now: number },
  ): void {
    const before = this.#all.filter(one => one.giver === giver)
    if (before.length === 0 && grants.length === 0) return
    const isSaid = ({ sequence }: Handover) => grants.some(grant => grant.sequence === sequence)
    const fresh = grants.filter(({ sequence }) => !before.some(one => one.sequence === sequence))
    const all = [
      ...before.map(one => (isSaid(one) ? one : { ...one, endsAt: Math.min(one.endsAt, now + LATE_MS) })),
      ...fresh.flatMap(grant => handoversOf(giver, grant, held)),
    ]
    const kept = all.filter(({ endsAt }) => now < endsAt).slice(-HANDOVERS_MAX)
    this.#all = [...this.#all.filter(one => one.giver !== giver), ...kept]
  }

  to(receiver: PeerName, now: number): readonly Handover[] {
    return this.#all.filter(one => one.receiver === receiver && now < one.endsAt)
  }

  /** The receiver holds them, or has given them on; but what of its claims is refused yet it will hold when word of the grant has come. */
  end(receiver: PeerName, taken: ReadonlyMap<PeerName, number>, refused: readonly Range[]): void {
    const isRefused = (one: Handover) => refused.some(part => intersect(part, one) !== undefined)
    const isOver = (one: Handover) =>
      one.receiver === receiver && one.sequence <= (taken.get(one.giver) ?? 0) && !isRefused(one)
    if (this.#all.some(isOver)) this.#all = this.#all.filter(one => !isOver(one))
  }

  forget(peer: PeerName): void {
    this.#all = this.#all.filter(({ giver, receiver }) => giver !== peer && receiver !== peer)
  }
}

function handoversOf(giver: PeerName, grant: Grant, held: readonly Tenure[]): readonly Handover[] {
  const { receiver, sequence, epoch } = grant
  return held.flatMap(({ since, from, to }) => {
    const part = intersect(grant, { from, to })
    return part === undefined
      ? []
      : [{ ...part, epoch, since, giver, receiver, sequence, endsAt: Number.POSITIVE_INFINITY }]
  })
}
