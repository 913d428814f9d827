import { UserError } from '../../base/user-error.ts'

/** What the router's absence or presence means for a command (Weave row ARG-07). */
export const CONTROL_EXIT_CODES = { notRunning: 2, alreadyRunning: 3 } as const

/** The command needs a running router, or needs that there is none. */
export class ControlError extends UserError {
  readonly condition: keyof typeof CONTROL_EXIT_CODES

  constructor(condition: keyof typeof CONTROL_EXIT_CODES) {
    super(
      condition === 'notRunning'
        ? { cause: 'weave is not running', remedy: 'start it with `weave launch`, as root' }
        : { cause: 'weave is already running', remedy: 'stop it with `weave stop` first' },
    )
    this.name = 'ControlError'
    this.condition = condition
  }
}
