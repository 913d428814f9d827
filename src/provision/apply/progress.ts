import type { Problem } from '../../base/user-error.ts'
import { diagnose } from './diagnosis.ts'
import type { FileDiff, PlaybookEvent, ResultEvent, TaskEvent } from './event.ts'
import type { Phase } from './phase.ts'

export type StepState = 'running' | 'ok' | 'changed' | 'failed'

export interface HostProgress {
  readonly name: string
  /** The phases that the host has reached, in the order in which it did. */
  readonly steps: ReadonlyMap<Phase, StepState>
  readonly changes: number
  readonly problems: readonly HostProblem[]
  readonly diffs: readonly FileDiff[]
}

export interface HostProblem extends Problem {
  readonly task: string
  readonly phase: Phase | undefined
  readonly isUnreachable: boolean
}

export interface PhaseTime {
  readonly phase: Phase
  readonly seconds: number
}

interface MutableHost {
  readonly name: string
  readonly steps: Map<Phase, StepState>
  readonly problems: HostProblem[]
  readonly diffs: FileDiff[]
  changes: number
}

/** Where a run is, made from its events. */
export class Progress {
  readonly #hosts = new Map<string, MutableHost>()
  readonly #tasks = new Map<string, TaskEvent>()
  readonly #seconds = new Map<Phase, number>()
  readonly #general: HostProblem[] = []
  readonly #notices: string[] = []
  #phase: Phase | undefined
  #phaseSince = 0
  #isComplete = false

  constructor(hosts: readonly string[]) {
    for (const name of hosts) this.#hosts.set(name, { name, steps: new Map(), problems: [], diffs: [], changes: 0 })
  }

  apply(event: PlaybookEvent): void {
    if (event.kind === 'task') this.#enterTask(event)
    if (event.kind === 'start') this.#mark(event.host, event.task, 'running')
    if (event.kind === 'result') this.#take(event)
    if (event.kind === 'stats') {
      this.#enterPhase(undefined, event.at)
      this.#isComplete = true
    }
  }

  /** The phase that runs. */
  get phase(): Phase | undefined {
    return this.#phase
  }

  /** Ansible came to its end, well or not. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  get hosts(): readonly HostProgress[] {
    return [...this.#hosts.values()]
  }

  /** What failed on the control machine, for all hosts at once. */
  get generalProblems(): readonly HostProblem[] {
    return this.#general
  }

  /** What our own programs on the control machine want the user to know. */
  get notices(): readonly string[] {
    return this.#notices
  }

  get hasFailed(): boolean {
    return this.#general.length > 0 || this.hosts.some(host => host.problems.length > 0)
  }

  get phaseTimes(): readonly PhaseTime[] {
    return [...this.#seconds].map(([phase, seconds]) => ({ phase, seconds: Math.round(seconds * 100) / 100 }))
  }

  #enterTask(event: TaskEvent): void {
    this.#tasks.set(event.task, event)
    if (event.phase !== undefined && event.phase !== this.#phase) this.#enterPhase(event.phase, event.at)
  }

  #enterPhase(phase: Phase | undefined, at: number): void {
    const former = this.#phase
    if (former !== undefined) this.#seconds.set(former, (this.#seconds.get(former) ?? 0) + at - this.#phaseSince)
    this.#phase = phase
    this.#phaseSince = at
  }

  #take(event: ResultEvent): void {
    const task = this.#tasks.get(event.task)
    const host = this.#hosts.get(event.host)
    if (event.outcome === 'failed' || event.outcome === 'unreachable') this.#takeFailure(event, task, host)
    else if (event.outcome !== 'skipped') this.#mark(event.host, event.task, event.isChanged ? 'changed' : 'ok')
    else this.#mark(event.host, event.task, 'ok')
    if (event.isDelegated && event.outcome === 'ok') this.#notices.push(...linesOf(event.details.stderr ?? ''))
    if (event.details.note !== undefined) this.#notices.push(`${event.host}: ${event.details.note}`)
    if (host === undefined) return
    if (event.isChanged && event.outcome === 'ok') host.changes++
    host.diffs.push(...event.diffs)
  }

  #takeFailure(event: ResultEvent, task: TaskEvent | undefined, host: MutableHost | undefined): void {
    const where = { task: task?.name ?? '', phase: task?.phase, isUnreachable: event.outcome === 'unreachable' }
    const problems = diagnose(event.details).map(problem => ({ ...problem, ...where }))
    if (event.isDelegated || host === undefined) this.#general.push(...problems)
    else host.problems.push(...problems)
    this.#mark(event.host, event.task, 'failed')
  }

  /** A phase keeps the most telling state of its tasks. */
  #mark(hostName: string, taskId: string, state: StepState): void {
    const phase = this.#tasks.get(taskId)?.phase
    const steps = this.#hosts.get(hostName)?.steps
    if (phase === undefined || steps === undefined) return
    const former = steps.get(phase)
    const rank = (one: StepState | undefined) => ['ok', 'running', 'changed', 'failed'].indexOf(one ?? 'ok')
    const isSettled = former === 'changed' || former === 'failed'
    if (former === 'running' || !isSettled || rank(state) > rank(former)) steps.set(phase, state)
  }
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
}
