/** How much longer things may take than on an ordinary machine that does nothing else: what waits ends as soon as it has what it waits for. */
const PATIENCE = Number(process.env.WEAVE_TEST_PATIENCE ?? 3)

/** For limits of tests. */
export function patiently(time: number): number {
  return time * PATIENCE
}
