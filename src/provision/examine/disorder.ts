import type { Plan, PlannedHost } from '../plan/plan.ts'
import type { Finding } from '../survey/findings.ts'
import type { Examination } from './examination.ts'
import type { WholeHost } from './whole-host.ts'

/** Repairs that hurt nobody; the module `weave_mend` knows the same. */
export const REPAIRS = [
  'raise-bridge',
  'address-bridge',
  'resize-bridge',
  'close-secrets',
  'start-router',
  'enable-router',
  'start-docker',
] as const
export type Repair = (typeof REPAIRS)[number]

/** Something that is not as it should be. The remedy is, or names, the command that mends it. */
export interface Disorder extends Finding {
  readonly repair?: Repair
}

/** All that is known of a cluster. */
export interface ClusterFacts {
  readonly plan: Plan
  readonly examinations: ReadonlyMap<string, Examination>
  readonly silent: ReadonlyMap<string, string>
  /** Of the agent that this build ships. */
  readonly release: string
  /** Version of the manifest that was made last; undefined before any. */
  readonly manifestVersion: number
  /** The last apply when it did not come to its end. */
  readonly unfinished: { readonly number: number; readonly outcome: string } | undefined
}

/** One host, with what is planned for it. */
export interface HostCase {
  readonly facts: ClusterFacts
  readonly host: PlannedHost
  readonly seen: Examination
  readonly whole: WholeHost
}

export interface Complaint {
  readonly about: string
  readonly cause: string
  readonly remedy: string
  readonly repair?: Repair | undefined
  /** An error unless said otherwise. */
  readonly severity?: Finding['severity']
}

export type HostCheck = (one: HostCase) => readonly Complaint[]

export function asDisorder(host: string, complaint: Complaint): Disorder {
  const { about, cause, remedy, repair, severity } = complaint
  return { host, severity: severity ?? 'error', about, cause, remedy, ...(repair === undefined ? {} : { repair }) }
}

/** A complaint when it is so, and nothing when not. */
export function when(isSo: boolean, complaint: () => Complaint): readonly Complaint[] {
  return isSo ? [complaint()] : []
}
