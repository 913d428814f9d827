import { randomBytes } from 'node:crypto'
import type { ClusterSecrets } from './cluster-secrets.ts'

/**
 * The admission key goes over in three steps, each applied to all hosts before the next, so that whoever dials shows a key that
 * whoever is dialled lets in:
 *
 *     none ──▶ offered ──▶ switched ──▶ none
 *     old      old, new    new, old     new      the first is shown, all let in
 */
export function nextStep(secrets: ClusterSecrets, random: (length: number) => Buffer = randomBytes): ClusterSecrets {
  const { admissionKey, rotation, ...rest } = secrets
  if (rotation === undefined) {
    return { ...rest, admissionKey, rotation: { stage: 'offered', other: random(32).toString('hex') } }
  }
  if (rotation.stage === 'switched') return { ...rest, admissionKey }
  return { ...rest, admissionKey: rotation.other, rotation: { stage: 'switched', other: admissionKey } }
}
