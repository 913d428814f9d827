import { type Problem, UserError } from '../../base/user-error.ts'
import { type ApplyOptions, applyPlaybook, type Reach } from '../apply/apply-playbook.ts'
import { askHosts } from '../apply/ask-hosts.ts'
import type { PlaybookEvent } from '../apply/event.ts'
import type { Progress } from '../apply/progress.ts'
import type { HostReport, Report } from '../apply/report.ts'
import type { PlannedHost } from '../plan/plan.ts'
import { isDisruptive } from './actions.ts'
import { gateDuties } from './gate.ts'
import { type HookMoment, runHook } from './hooks.ts'
import { isUnchanged } from './host-change.ts'
import type { Review } from './review.ts'

export interface RolloutOptions {
  readonly review: Review
  readonly reach: Reach
  readonly batches: readonly (readonly string[])[]
  readonly provisionCommand: readonly string[]
  readonly renderArguments: readonly string[]
  /** Where the hooks' relative paths begin. */
  readonly folder: string
  readonly onBatch: (batch: BatchStart) => void
  readonly onProgress: (progress: Progress, event: PlaybookEvent) => void
  /** After each batch that is well. */
  readonly onDone: (hosts: readonly string[]) => void
}

export interface BatchStart {
  readonly number: number
  readonly count: number
  readonly hosts: readonly string[]
}

/**
 * Batch after batch: drain, change, wait until the batch and those who were well before reach each other, undrain. The first
 * failure stops it; what was not begun is as it was.
 */
export async function rollOut(options: RolloutOptions): Promise<Report> {
  const { review, batches } = options
  const reports: Report[] = []
  if (batches.length > 1) reports.push(...(await admitNewHosts(options)))
  const done = healthyBefore(review)
  for (const [i, hosts] of batches.entries()) {
    if (reports.some(report => !report.isComplete)) break
    options.onBatch({ number: i + 1, count: batches.length, hosts })
    const report = await changeBatch(options, hosts, done)
    reports.push(report)
    if (!report.isComplete) break
    done.push(...hosts.filter(host => !done.includes(host)))
    options.onDone(hosts)
  }
  return mergeReports(reports, options)
}

/** Hosts of later batches are members from the first one on, so the files of the first need not change again. */
async function admitNewHosts(options: RolloutOptions): Promise<readonly Report[]> {
  const fresh = options.review.changes.filter(({ isNew }) => isNew).map(({ host }) => host)
  return fresh.length === 0 ? [] : [await apply(options, 'admit', fresh)]
}

function healthyBefore({ changes, surveys }: Review): string[] {
  return changes.map(({ host }) => host).filter(host => surveys.get(host)?.services.weave.isActive === true)
}

async function changeBatch(
  options: RolloutOptions,
  hosts: readonly string[],
  done: readonly string[],
): Promise<Report> {
  const drained = options.review.plan.hosts.filter(
    host => hosts.includes(host.name) && isDisturbed(options.review, host),
  )
  const before = await runHooks('before', drained, options.folder)
  if (before.length > 0) return failedReport(options, hosts, before)
  const report = await apply(options, 'up', hosts)
  if (!report.isComplete) return report
  const gate = await passGate(options, hosts, done)
  if (gate.length > 0) return withProblems(report, gate)
  return withProblems(report, await runHooks('after', drained, options.folder))
}

function isDisturbed({ changes }: Review, host: PlannedHost): boolean {
  return changes.some(change => change.host === host.name && change.actions.some(isDisruptive))
}

async function runHooks(
  moment: HookMoment,
  hosts: readonly PlannedHost[],
  folder: string,
): Promise<readonly Problem[]> {
  const outcomes = await Promise.allSettled(hosts.map(host => runHook(moment, host, folder)))
  return outcomes.flatMap(outcome => {
    if (outcome.status === 'fulfilled') return []
    if (outcome.reason instanceof UserError) return outcome.reason.problems
    throw outcome.reason
  })
}

/** When everybody was in the batch, its own run has verified it. */
async function passGate(
  options: RolloutOptions,
  hosts: readonly string[],
  done: readonly string[],
): Promise<readonly Problem[]> {
  const duties = gateDuties(options.review.plan, hosts, done)
  if (duties.size === 0 || (options.batches.length === 1 && duties.size === hosts.length)) return []
  const { problems } = await askHosts(options.reach, {
    playbook: 'gate',
    group: options.review.plan.group,
    hosts: [...duties.keys()],
    variables: { weave_gate: Object.fromEntries(duties) },
  })
  return [...problems].flatMap(([host, found]) =>
    found.map(({ cause, remedy }) => ({ cause: `${host}: ${cause}`, remedy })),
  )
}

function apply(options: RolloutOptions, playbook: ApplyOptions['playbook'], limit: readonly string[]): Promise<Report> {
  return applyPlaybook({
    ...options.reach,
    playbook,
    plan: options.review.plan,
    provisionCommand: options.provisionCommand,
    renderArguments: options.renderArguments,
    limit,
    isCheck: false,
    showsDiff: false,
    onProgress: options.onProgress,
  })
}

function withProblems(report: Report, problems: readonly Problem[]): Report {
  if (problems.length === 0) return report
  return { ...report, isComplete: false, problems: [...report.problems, ...problems] }
}

function failedReport(options: RolloutOptions, hosts: readonly string[], problems: readonly Problem[]): Report {
  return {
    command: 'up',
    inventory: options.reach.inventory,
    isCheck: false,
    isComplete: false,
    isInterrupted: false,
    changed: 0,
    failed: 0,
    seconds: 0,
    phases: [],
    hosts: hosts.map(name => untouched(name, 'stopped')),
    problems,
    notices: [],
  }
}

function mergeReports(reports: readonly Report[], options: RolloutOptions): Report {
  const hosts = options.review.changes.map(change => {
    const ofHost = reports.flatMap(report => report.hosts.filter(({ name }) => name === change.host))
    const [first, ...rest] = ofHost
    if (first === undefined) return untouched(change.host, isUnchanged(change) ? 'ok' : 'stopped')
    return rest.reduce(mergeHost, first)
  })
  const isComplete = reports.every(report => report.isComplete)
  const seconds = reports.reduce((sum, report) => sum + report.seconds, 0)
  return {
    command: 'up',
    inventory: options.reach.inventory,
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
