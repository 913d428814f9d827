import type { RouterMachine } from '../../src/core/router/index.ts'
import { type InvariantName, InvariantViolation } from './invariants.ts'

/** The router, but for what `parts` puts in the place of its own. */
export function changed(router: RouterMachine, parts: Partial<RouterMachine>): RouterMachine {
  return {
    handle: (input, now) => router.handle(input, now),
    advance: now => router.advance(now),
    keepLinks: now => router.keepLinks(now),
    get deadline() {
      return 'deadline' in parts ? parts.deadline : router.deadline
    },
    drain: parts.drain ?? (() => router.drain()),
    status: parts.status ?? (now => router.status(now)),
    ...sharedOf(parts.shared ?? router.shared),
    get reach() {
      return router.reach
    },
    get sizes() {
      return parts.sizes ?? router.sizes
    },
    ...('handle' in parts && parts.handle !== undefined ? { handle: parts.handle } : {}),
    ...('advance' in parts && parts.advance !== undefined ? { advance: parts.advance } : {}),
  }
}

export function violationOf(act: () => void): InvariantName | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof InvariantViolation) return error.invariant
    throw error
  }
}

function sharedOf(shared: RouterMachine['shared']): Pick<RouterMachine, 'shared'> {
  return shared === undefined ? {} : { shared }
}
