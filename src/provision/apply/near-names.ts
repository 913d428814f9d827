const CHANGES_MAX = 3

/** The names that differ least from what was typed. */
export function nearNames(typed: string, names: readonly string[]): readonly string[] {
  const rated = names.map(name => ({ name, distance: editDistance(typed.toLowerCase(), name.toLowerCase()) }))
  const allowed = Math.min(CHANGES_MAX, Math.ceil(typed.length / 2))
  return rated
    .filter(({ name, distance }) => distance <= allowed || (typed.length > 1 && name.startsWith(typed)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** Letters to add, drop or change (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
