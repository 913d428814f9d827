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
