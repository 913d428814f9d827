import type { Problem } from '../../base/user-error.ts'
import type { HostReport, Report } from '../apply/report.ts'
import { isUnchanged } from './host-change.ts'
import type { Review } from './review.ts'

/** What came of a batch beside its run: problems of hooks and gate, and Ctrl-C. */
export interface BatchEnd {
  readonly problems: readonly Problem[]
  readonly isInterrupted: boolean
}

export function withEnd(report: Report, { problems, isInterrupted }: BatchEnd): Report {
  if (problems.length === 0 && !isInterrupted) return report
  return {
    ...report,
    isComplete: false,
    isInterrupted: report.isInterrupted || isInterrupted,
    problems: [...report.problems, ...problems],
  }
}

/** Of hosts that were not begun. */
export function unbegunReport(inventory: string, hosts: readonly string[], end: BatchEnd): Report {
  return withEnd(untouchedReport(inventory, hosts, 'stopped'), end)
}

/** Of hosts to which nothing was done: because they are as planned, or because it did not come to that. */
export function untouchedReport(inventory: string, hosts: readonly string[], outcome: 'ok' | 'stopped'): Report {
  return {
    command: 'up',
    inventory,
    isCheck: false,
    isComplete: outcome === 'ok',
    isInterrupted: false,
    changed: 0,
    failed: 0,
    seconds: 0,
    phases: [],
    hosts: hosts.map(name => untouched(name, outcome)),
    problems: [],
    notices: [],
  }
}

export function mergeReports(reports: readonly Report[], { changes }: Review, inventory: string): Report {
  const hosts = changes.map(change => {
    const ofHost = reports.flatMap(report => report.hosts.filter(({ name }) => name === change.host))
    const [first, ...rest] = ofHost
    if (first === undefined) return untouched(change.host, isUnchanged(change) ? 'ok' : 'stopped')
    return rest.reduce(mergeHost, first)
  })
  const isComplete = reports.every(report => report.isComplete)
  const seconds = reports.reduce((sum, report) => sum + report.seconds, 0)
  return {
    command: 'up',
    inventory,
    isCheck: false,
    isComplete,
    isInterrupted: reports.some(report => report.isInterrupted),
    changed: hosts.filter(({ changes }) => changes > 0).length,
    failed: hosts.filter(({ problems }) => problems.length > 0).length,
    seconds: Math.round(seconds * 100) / 100,
    phases: reports.flatMap(report => report.phases),
    hosts,
    problems: reports.flatMap(report => report.problems),
    notices: [...new Set(reports.flatMap(report => report.notices))],
  }
}

function mergeHost(a: HostReport, b: HostReport): HostReport {
  return {
    ...b,
    outcome: b.outcome === 'ok' ? a.outcome : b.outcome,
    changes: a.changes + b.changes,
    phases: { ...a.phases, ...b.phases },
    problems: [...a.problems, ...b.problems],
    diffs: [...a.diffs, ...b.diffs],
  }
}

export function untouched(name: string, outcome: HostReport['outcome']): HostReport {
  return { name, outcome, changes: 0, phases: {}, notDone: [], problems: [], diffs: [] }
}
