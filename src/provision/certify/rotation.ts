import { randomBytes } from 'node:crypto'
import type { ClusterSecrets } from './cluster-secrets.ts'

/**
 * The admission key goes over in three steps, each applied to all hosts before the next, so that whoever dials shows a key that
 * whoever is dialled lets in:
 *
 *     none ──▶ offered ──▶ switched ──▶ dropped ──▶ none
 *     old      old, new    new, old     new         new      the first is shown, all let in
 *
 * `dropped` lasts until every host has lost the old key: a run that is cut off there is not taken for one that has ended.
 */
export function nextStep(secrets: ClusterSecrets, random: (length: number) => Buffer = randomBytes): ClusterSecrets {
  const { admissionKey, rotation, ...rest } = secrets
  if (rotation === undefined) {
    return { ...rest, admissionKey, rotation: { stage: 'offered', other: random(32).toString('hex') } }
  }
  if (rotation.stage === 'dropped') return { ...rest, admissionKey }
  if (rotation.stage === 'switched') return { ...rest, admissionKey, rotation: { stage: 'dropped' } }
  return { ...rest, admissionKey: rotation.other, rotation: { stage: 'switched', other: admissionKey } }
}

/** The first is shown, all let in. */
export function admissionKeysOf({ admissionKey, rotation }: ClusterSecrets): readonly string[] {
  return rotation === undefined || rotation.stage === 'dropped' ? [admissionKey] : [admissionKey, rotation.other]
}
