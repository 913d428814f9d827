import { type Problem, UserError } from '../../base/user-error.ts'
import type { ApplyOptions, applyPlaybook, Reach } from '../apply/apply-playbook.ts'
import { type askHosts, Interrupted } from '../apply/ask-hosts.ts'
import type { PlaybookEvent } from '../apply/event.ts'
import type { forwardInterrupts, Interrupts } from '../apply/interrupts.ts'
import type { Progress } from '../apply/progress.ts'
import type { Report } from '../apply/report.ts'
import type { PlannedHost } from '../plan/plan.ts'
import { isDisruptive } from './actions.ts'
import { type BatchEnd, mergeReports, unbegunReport, withEnd } from './batch-reports.ts'
import { gateDuties } from './gate.ts'
import type { HookMoment, runHook } from './hooks.ts'
import type { Review } from './review.ts'

/** What a rollout does things with. */
export interface RolloutTools {
  readonly applyPlaybook: typeof applyPlaybook
  readonly askHosts: typeof askHosts
  readonly runHook: typeof runHook
  readonly forwardInterrupts: typeof forwardInterrupts
}

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
  /** Whom an earlier run has drained, and left so because it was stopped. */
  readonly drained: readonly string[]
  /** After each hook: who is drained by then. */
  readonly onDrained: (hosts: readonly string[]) => void
  /** Asked before each batch: what stands against changing more hosts. */
  readonly obstacle: () => Problem | undefined
}

export interface BatchStart {
  readonly number: number
  readonly count: number
  readonly hosts: readonly string[]
}

interface Rollout extends Omit<RolloutOptions, 'drained'> {
  readonly tools: RolloutTools
  readonly drained: Set<string>
  readonly interrupts: Pick<Interrupts, 'hasHappened'>
  /** Ends hooks that do not end by themselves after Ctrl-C. */
  readonly signal: AbortSignal
}

/**
 * Batch after batch: drain, change, wait until the batch and those who were well before reach each other, undrain. The first
 * failure, Ctrl-C, or an obstacle stops it; what was not begun is as it was.
 */
export async function rollOut(options: RolloutOptions, tools: RolloutTools): Promise<Report> {
  const cancel = new AbortController()
  const interrupts = tools.forwardInterrupts(() => cancel.abort())
  try {
    return await changeBatches({
      ...options,
      tools,
      interrupts,
      signal: cancel.signal,
      drained: new Set(options.drained),
    })
  } finally {
    interrupts.stop()
  }
}

async function changeBatches(rollout: Rollout): Promise<Report> {
  const { review, batches, reach } = rollout
  const reports: Report[] = []
  if (batches.length > 1) reports.push(...(await admitNewHosts(rollout)))
  const done = healthyBefore(review)
  for (const [i, hosts] of batches.entries()) {
    if (reports.some(report => !report.isComplete)) break
    const end = endOf(
      rollout,
      [rollout.obstacle()].flatMap(problem => problem ?? []),
    )
    if (isEnd(end)) {
      reports.push(unbegunReport(reach.inventory, hosts, end))
      break
    }
    rollout.onBatch({ number: i + 1, count: batches.length, hosts })
    const report = await changeBatch(rollout, hosts, done)
    reports.push(report)
    if (!report.isComplete) break
    done.push(...hosts.filter(host => !done.includes(host)))
    rollout.onDone(hosts)
  }
  return mergeReports(reports, review, reach.inventory)
}

/** Hosts of later batches are members from the first one on, so the files of the first need not change again. */
async function admitNewHosts(rollout: Rollout): Promise<readonly Report[]> {
  const fresh = rollout.review.changes.filter(({ isNew }) => isNew).map(({ host }) => host)
  return fresh.length === 0 ? [] : [await apply(rollout, 'admit', fresh)]
}

function healthyBefore({ changes, surveys }: Review): string[] {
  return changes.map(({ host }) => host).filter(host => surveys.get(host)?.services.weave.isActive === true)
}

async function changeBatch(rollout: Rollout, hosts: readonly string[], done: readonly string[]): Promise<Report> {
  const { review, reach } = rollout
  const planned = review.plan.hosts.filter(({ name }) => hosts.includes(name))
  const before = await runHooks(
    rollout,
    'before',
    planned.filter(host => isDisturbed(review, host)),
  )
  if (isEnd(before)) return unbegunReport(reach.inventory, hosts, before)
  const report = await apply(rollout, 'up', hosts)
  if (!report.isComplete) return report
  const gate = await passGate(rollout, hosts, done)
  if (isEnd(gate)) return withEnd(report, gate)
  const drained = planned.filter(({ name }) => rollout.drained.has(name))
  return withEnd(report, await runHooks(rollout, 'after', drained))
}

function isDisturbed({ changes }: Review, host: PlannedHost): boolean {
  return changes.some(change => change.host === host.name && change.actions.some(isDisruptive))
}

async function runHooks(rollout: Rollout, moment: HookMoment, hosts: readonly PlannedHost[]): Promise<BatchEnd> {
  const { folder, signal, tools, drained } = rollout
  const hooked = hosts.filter(({ hooks }) => hooks.before !== undefined || hooks.after !== undefined)
  const run = async (host: PlannedHost) => {
    await tools.runHook(moment, host, { folder, signal })
    if (moment === 'before') drained.add(host.name)
    else drained.delete(host.name)
    // At once: hooks of others may take long, and this run may be killed meanwhile.
    rollout.onDrained([...drained])
  }
  const outcomes = await Promise.allSettled(hooked.map(run))
  const problems = outcomes.flatMap(outcome => {
    if (outcome.status === 'fulfilled') return []
    if (outcome.reason instanceof UserError) return outcome.reason.problems
    throw outcome.reason
  })
  return endOf(rollout, problems)
}

/** When everybody was in the batch, its own run has verified it. */
async function passGate(rollout: Rollout, hosts: readonly string[], done: readonly string[]): Promise<BatchEnd> {
  const duties = gateDuties(rollout.review.plan, hosts, done)
  if (duties.size === 0 || (rollout.batches.length === 1 && duties.size === hosts.length)) return endOf(rollout, [])
  try {
    const { problems } = await rollout.tools.askHosts(rollout.reach, {
      playbook: 'gate',
      group: rollout.review.plan.group,
      hosts: [...duties.keys()],
      variables: { weave_gate: Object.fromEntries(duties) },
    })
    const named = [...problems].flatMap(([host, found]) =>
      found.map(({ cause, remedy }) => ({ cause: `${host}: ${cause}`, remedy })),
    )
    return endOf(rollout, named)
  } catch (error) {
    // Its words are of a command that only looks; here a batch was changed.
    if (error instanceof Interrupted) return { problems: [], isInterrupted: true }
    throw error
  }
}

function endOf({ interrupts }: Rollout, problems: readonly Problem[]): BatchEnd {
  return { problems, isInterrupted: interrupts.hasHappened() }
}

function isEnd({ problems, isInterrupted }: BatchEnd): boolean {
  return problems.length > 0 || isInterrupted
}

function apply(rollout: Rollout, playbook: ApplyOptions['playbook'], limit: readonly string[]): Promise<Report> {
  return rollout.tools.applyPlaybook({
    ...rollout.reach,
    playbook,
    plan: rollout.review.plan,
    provisionCommand: rollout.provisionCommand,
    renderArguments: rollout.renderArguments,
    limit,
    isCheck: false,
    showsDiff: false,
    onProgress: rollout.onProgress,
  })
}
