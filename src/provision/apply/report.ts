import type { Problem } from '../../base/user-error.ts'
import type { FileDiff } from './event.ts'
import type { Phase } from './phase.ts'
import type { HostProblem, HostProgress, PhaseTime, Progress, StepState } from './progress.ts'

/** What `--json` prints at the end of a run. */
export interface Report {
  readonly command: string
  readonly inventory: string
  readonly isCheck: boolean
  readonly isComplete: boolean
  readonly isInterrupted: boolean
  readonly changed: number
  readonly failed: number
  readonly seconds: number
  readonly phases: readonly PhaseTime[]
  readonly hosts: readonly HostReport[]
  /** What failed for all hosts at once, on the control machine. */
  readonly problems: readonly Problem[]
  /** What the user ought to know though nothing failed. */
  readonly notices: readonly string[]
}

export interface HostReport {
  readonly name: string
  readonly outcome: HostOutcome
  readonly changes: number
  readonly phases: Readonly<Record<string, StepState>>
  /** Phases that were to come when it stopped. */
  readonly notDone: readonly Phase[]
  readonly problems: readonly HostProblem[]
  readonly diffs: readonly FileDiff[]
}

/** `stopped`: nothing is wrong with the host, but the run ended before it was done. */
export type HostOutcome = 'ok' | 'changed' | 'failed' | 'unreachable' | 'stopped'

export interface RunFacts {
  readonly command: string
  readonly inventory: string
  readonly isCheck: boolean
  readonly isInterrupted: boolean
  readonly seconds: number
  readonly phases: readonly Phase[]
  /** A failure that no event tells of. */
  readonly further: readonly Problem[]
}

export function makeReport(progress: Progress, facts: RunFacts): Report {
  const isWhole = progress.isComplete && !facts.isInterrupted && !progress.hasFailed && facts.further.length === 0
  const hosts = progress.hosts.map(host => reportHost(host, facts.phases, isWhole))
  return {
    command: facts.command,
    inventory: facts.inventory,
    isCheck: facts.isCheck,
    isComplete: isWhole,
    isInterrupted: facts.isInterrupted,
    changed: hosts.filter(host => host.changes > 0).length,
    failed: hosts.filter(host => host.problems.length > 0).length,
    seconds: facts.seconds,
    phases: progress.phaseTimes,
    hosts,
    problems: [...progress.generalProblems, ...facts.further],
    notices: progress.notices,
  }
}

function reportHost(host: HostProgress, phases: readonly Phase[], isWhole: boolean): HostReport {
  return {
    name: host.name,
    outcome: outcomeOf(host, phases, isWhole),
    changes: host.changes,
    phases: Object.fromEntries(host.steps),
    notDone: isWhole ? [] : phases.filter(phase => !isDone(host.steps.get(phase))),
    problems: host.problems,
    diffs: host.diffs,
  }
}

function outcomeOf(host: HostProgress, phases: readonly Phase[], isWhole: boolean): HostOutcome {
  if (host.problems.some(problem => problem.isUnreachable)) return 'unreachable'
  if (host.problems.length > 0) return 'failed'
  if (!isWhole && phases.some(phase => !isDone(host.steps.get(phase)))) return 'stopped'
  return host.changes > 0 ? 'changed' : 'ok'
}

function isDone(state: StepState | undefined): boolean {
  return state === 'ok' || state === 'changed'
}
