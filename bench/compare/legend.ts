import type { RunRecord } from './record.ts'
import { BOUND_MARK, CABLES } from './results.ts'

/** What the signs in tables mean, for all who quote them. */
export const BOUND_LEGEND = `A ${BOUND_MARK} means that ${CABLES} carried no more small packets either: the limit is iperf3, which sends and counts them.`

/** What was run, and how long it took: `by ..., in 20 minutes, of commit 1a2b3c4`. */
export function describeRun({ command, minutes, revision }: RunRecord): string {
  const of = revision === undefined ? '' : `, of commit ${revision}`
  return `by \`${command}\`, in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}${of}`
}
