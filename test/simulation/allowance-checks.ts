import { TOO_MANY_QUESTIONS } from '../../src/core/router/answer-allowances.ts'
import type { Output } from '../../src/core/router/index.ts'
import { TOLD_TOO_OFTEN, TOO_MANY_MANIFESTS } from '../../src/core/router/manifest-desk.ts'
import { FORGES_PUNCHES, TOO_MANY_PUNCHES } from '../../src/core/router/punch-gate.ts'
import { CONTESTS, FORGES, TOO_MANY } from '../../src/core/router/record-allowances.ts'
import { InvariantViolation } from './invariants.ts'

const FOR_LIARS: ReadonlySet<unknown> = new Set([
  TOO_MANY,
  FORGES,
  CONTESTS,
  TOO_MANY_QUESTIONS,
  TOO_MANY_MANIFESTS,
  TOLD_TOO_OFTEN,
  TOO_MANY_PUNCHES,
  FORGES_PUNCHES,
])

/** Call with all that is logged where nobody lies: allowances bound what liars do, and nobody else meets them. */
export function checkUnrefused(host: string, { message, fields }: Extract<Output, { readonly kind: 'log' }>): void {
  if (message !== 'refused' || !FOR_LIARS.has(fields.reason)) return
  throw new InvariantViolation('who is honest is heard', `${host} refuses ${JSON.stringify(fields)}`)
}
