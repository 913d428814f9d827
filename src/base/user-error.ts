/** What went wrong, and what the user can do about it: one line each. */
export interface Problem {
  readonly cause: string
  readonly remedy: string
}

/** 1: the world failed. 2: what the user gave is wrong. 130: Ctrl-C, as shells count it. */
export const EXIT_CODES = { ok: 0, failure: 1, badInput: 2, interrupted: 130 } as const

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES]

/** A failure that the user is meant to read: never a bug, so it is shown without a stack. */
export class UserError extends Error {
  readonly problems: readonly Problem[]
  readonly exitCode: ExitCode

  constructor(problems: Problem | readonly Problem[], exitCode: ExitCode = EXIT_CODES.failure, options?: ErrorOptions) {
    const list = 'cause' in problems ? [problems] : problems
    super(list.map(problem => problem.cause).join('; '), options)
    this.name = 'UserError'
    this.problems = list
    this.exitCode = exitCode
  }
}
