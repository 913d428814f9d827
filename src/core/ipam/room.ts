import { TOPIC_BODY_BYTES_MAX } from '../wire/topic-record.ts'
import { addressBodyBytes, type BodyCounts, CLAIMS_MAX } from './body.ts'

/** What brings a router more pieces of space, and how far each may fill what it says of itself: others refuse all of one that says too much. */
const LIMITS = {
  /** What it asks for and what it gives away. Beyond is left to what it inherits. */
  wished: { claims: CLAIMS_MAX - 128, bytes: TOPIC_BODY_BYTES_MAX - 8 * 1024 },
  /** And what it was given when it asked. Beyond is left to answers. */
  inherited: { claims: CLAIMS_MAX, bytes: TOPIC_BODY_BYTES_MAX - 1024 },
  /** What it has already, whatever others took over of it. */
  held: { claims: CLAIMS_MAX, bytes: TOPIC_BODY_BYTES_MAX },
  /** Whoever gives without end, asked by nobody, must not keep it from what it needs. */
  unasked: { claims: CLAIMS_MAX / 2, bytes: TOPIC_BODY_BYTES_MAX - 8 * 1024 },
} as const

/** All but answers to wishes: these give way. */
export type Spoken = Omit<BodyCounts, 'denials'> & { readonly accusations: number }

/** So many more pieces a router could tell of; below 0 it has too many. What was wished for counts as if it had come. */
export function roomFor(coming: keyof typeof LIMITS, { accusations, wishes, ...spoken }: Spoken): number {
  const { claims, bytes } = LIMITS[coming]
  const pieces = spoken.claims + wishes
  const said = { ...spoken, claims: pieces, wishes: 0, denials: accusations }
  const one = addressBodyBytes({ ...said, claims: pieces + 1 }) - addressBodyBytes(said)
  return Math.min(claims - pieces, Math.floor((bytes - addressBodyBytes(said)) / one))
}

/** Whether somebody who says that he has so many pieces takes one more, though he did not ask for it. */
export function isTakenUnasked(claims: number): boolean {
  return claims < LIMITS.unasked.claims
}

/** So many denials fit into what is said besides. Who hears no answer to a wish goes on after a while. */
export function denialsMax({ accusations, ...spoken }: Spoken): number {
  const said = { ...spoken, denials: 0 }
  const one = addressBodyBytes({ ...said, denials: 1 }) - addressBodyBytes(said)
  return Math.max(0, Math.floor((TOPIC_BODY_BYTES_MAX - addressBodyBytes(said)) / one))
}
