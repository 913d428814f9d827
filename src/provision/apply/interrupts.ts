import { setTimeout as delay } from 'node:timers/promises'

export interface Interrupts {
  hasHappened(): boolean
  stop(): void
}

/**
 * A terminal sends Ctrl-C to us and to what we have started; `kill` sends it to us alone. So the signal is passed on only when the
 * other side has not ended by itself after a while, and a stronger one when that does not help.
 */
const STEPS = [
  { afterMs: 2_000, signal: 'SIGINT' },
  { afterMs: 20_000, signal: 'SIGTERM' },
  { afterMs: 30_000, signal: 'SIGKILL' },
] as const

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export function forwardInterrupts(send: (signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') => void): Interrupts {
  let hasHappened = false
  let timers: readonly NodeJS.Timeout[] = []
  const onSignal = () => {
    if (hasHappened) return
    hasHappened = true
    timers = STEPS.map(({ afterMs, signal }) => setTimeout(() => send(signal), afterMs))
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return {
    hasHappened: () => hasHappened,
    stop: () => {
      for (const timer of timers) clearTimeout(timer)
      for (const signal of SIGNALS) process.off(signal, onSignal)
    },
  }
}

/** Waits, and tells whether a signal has ended the wait: unheard, it would end us without anything being put away. */
export async function isInterruptedWithin(ms: number): Promise<boolean> {
  const wake = new AbortController()
  const onSignal = () => wake.abort()
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    await delay(ms, undefined, { signal: wake.signal })
    return false
  } catch (error) {
    if (wake.signal.aborted) return true
    throw error
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
