/** How much longer than on an ordinary machine things may take: emulated ones are slow. */
const PATIENCE = Number(process.env.WEAVE_TEST_PATIENCE ?? 1)

/** For limits of tests. */
export function patiently(time: number): number {
  return time * PATIENCE
}
