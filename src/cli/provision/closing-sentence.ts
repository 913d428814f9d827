import type { Report } from '../../provision/apply/report.ts'
import { counted } from './review-view.ts'

/** How notices, those of the role included, name hosts that were left out and are not reached. */
export const BEYOND_RUN = 'not part of this run'

/** What `up` has come to. */
export function closingSentence({
  seconds,
  hosts,
  changed,
  notices,
}: Pick<Report, 'seconds' | 'hosts' | 'changed' | 'notices'>): string {
  const took = `${seconds.toFixed(1)} s`
  const isPart = notices.some(notice => notice.includes(BEYOND_RUN))
  const verified = isPart ? 'the hosts of this run see each other' : 'every host sees every other'
  if (changed === 0) return `Nothing to change; verified in ${took}: ${verified}.`
  return `Done in ${took}: ${changed} of ${counted(hosts.length, 'host')} changed; ${verified}.`
}
