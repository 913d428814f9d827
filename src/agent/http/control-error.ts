import { type Problem, UserError } from '../../base/user-error.ts'

/** What the router's absence or presence means for a command, and that it has no such thing (Weave row ARG-07). */
export const CONTROL_EXIT_CODES = { notRunning: 2, alreadyRunning: 3, notThere: 4 } as const

export type ControlCondition = keyof typeof CONTROL_EXIT_CODES

const PROBLEMS: Readonly<Record<ControlCondition, Problem>> = {
  notRunning: { cause: 'weave is not running', remedy: 'start it with `weave launch`, as root' },
  alreadyRunning: { cause: 'weave is already running', remedy: 'stop it with `weave stop` first' },
  notThere: { cause: 'the router has no such thing', remedy: 'see `weave help`' },
}

/** The command needs a running router, or needs that there is none, or one that does what is asked for. */
export class ControlError extends UserError {
  readonly condition: ControlCondition

  constructor(condition: ControlCondition, problem: Problem = PROBLEMS[condition]) {
    super(problem)
    this.name = 'ControlError'
    this.condition = condition
  }
}
