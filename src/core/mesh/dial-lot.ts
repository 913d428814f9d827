/** What the lot looks at. */
interface Candidate {
  readonly isConfigured: boolean
  readonly failures: number
}

/** Whom to dial of those that wait: the operator's before others, and those that have not failed before those that have. */
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

/** Between the untried and the operator's that failed the lot decides: either may be many, and hold up the other for long. */
function drawPool<T>(
  [first = [], untried = [], failed = [], others = []]: readonly T[][],
  random: (length: number) => Uint8Array,
): T[] | undefined {
  if (first.length === 0 && untried.length > 0 && failed.length > 0) {
    return (random(1)[0] ?? 0) < 128 ? untried : failed
  }
  return [first, untried, failed, others].find(pool => pool.length > 0)
}

function rankOf({ isConfigured, failures }: Candidate): number {
  return (failures > 0 ? 2 : 0) + (isConfigured ? 0 : 1)
}
