type Collect = (wish: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void

/**
 * Has the engine give back what it can of this thread's heap, also what it has made of functions that ran only once. Takes some 40 ms.
 * Where the engine was not started with `--expose-gc`, that stays until it thinks fit.
 */
export function collectGarbage(): void {
  const collect = globalThis.gc as Collect | undefined
  collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
