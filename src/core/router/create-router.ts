import type { RouterMachine, RouterOptions } from './api.ts'
import { RenumberingRouter } from './renumbering-router.ts'
import { Router } from './router.ts'

/** Throws only when the options contradict each other: the shell has verified the manifest and the host's place in it. */
export function createRouter(options: RouterOptions): RouterMachine {
  if (options.trust.kind === 'certified') return new Router(options)
  return new RenumberingRouter(options, changed => new Router(changed))
}
