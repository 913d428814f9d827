/** What the lot looks at. */
interface Candidate {
  readonly isConfigured: boolean
  readonly failures: number
}

/** Whom to dial of those that wait: the operator's that have not failed first; of the discovered, those that have not before those that have. */
export function drawTargets<T extends Candidate>(
  targets: readonly T[],
  count: number,
  random: (length: number) => Uint8Array,
): readonly T[] {
  const drawn: T[] = []
  const ranks = [0, 1, 2, 3].map(rank => targets.filter(target => rankOf(target) === rank))
  while (drawn.length < count) {
    const pool = drawPool(ranks, random)
    if (pool === undefined) break
    const [high = 0, low = 0] = random(2)
    drawn.push(...pool.splice((high * 256 + low) % pool.length, 1))
  }
  return drawn
}

/** Between the operator's that failed and the discovered the lot decides: either may be many, and hold up the other for ever. */
function drawPool<T>(
  [first = [], untried = [], failed = [], others = []]: readonly T[][],
  random: (length: number) => Uint8Array,
): T[] | undefined {
  const discovered = untried.length > 0 ? untried : others
  if (first.length === 0 && discovered.length > 0 && failed.length > 0) {
    return (random(1)[0] ?? 0) < 128 ? discovered : failed
  }
  return [first, discovered, failed].find(pool => pool.length > 0)
}

function rankOf({ isConfigured, failures }: Candidate): number {
  return (failures > 0 ? 2 : 0) + (isConfigured ? 0 : 1)
}
