import { setTimeout as sleep } from 'node:timers/promises'
import { patiently } from './agent/patience.ts'

/** Asks until the answer is true; fails with the last answer. */
export function eventually(timeoutMs: number, ask: () => Promise<boolean | string>): Promise<void> {
  return within(patiently(timeoutMs), ask)
}

/** The same for what is promised, on whatever machine. The last question is asked when the time is up, however long answers take. */
export async function within(promisedMs: number, ask: () => Promise<boolean | string>): Promise<void> {
  const endsAt = performance.now() + promisedMs
  for (;;) {
    const askedAt = performance.now()
    const isLast = askedAt >= endsAt
    const answer = await ask()
    if (answer === true) return
    if (isLast) throw new Error(`not so within ${promisedMs} ms: ${answer}`)
    // What takes the asker long takes the processor long, from that which is waited for: half of the time at most.
    await sleep(Math.max(100, performance.now() - askedAt))
  }
}
