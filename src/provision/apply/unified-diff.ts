import type { FileDiff } from './event.ts'

const CONTEXT = 3
/** Beyond this the table would be too large; the whole file is shown as replaced. */
const CELLS_MAX = 4_000_000

interface Line {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

/** The lines that differ, with some around them; without the head that names the file. */
export function unifiedDiff({ before, after }: FileDiff): readonly string[] {
  const lines = compare(linesOf(before), linesOf(after))
  const isNear = lines.map((_, i) =>
    lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(({ sign }) => sign !== ' '),
  )
  return lines.flatMap((line, i) => {
    if (!isNear[i]) return []
    const isHunkStart = i > 0 && isNear[i - 1] === false
    return [...(isHunkStart ? ['@@'] : []), `${line.sign}${line.text}`]
  })
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

/** By the longest common subsequence. */
function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  if (before.length * after.length > CELLS_MAX) {
    return [...before.map(text => ({ sign: '-', text }) as const), ...after.map(text => ({ sign: '+', text }) as const)]
  }
  const common = commonLengths(before, after)
  const lines: Line[] = []
  let i = 0
  let j = 0
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]]
    if (old !== undefined && old === fresh) {
      lines.push({ sign: ' ', text: old })
      i++
      j++
    } else if (old !== undefined && (fresh === undefined || cell(common, i + 1, j) >= cell(common, i, j + 1))) {
      lines.push({ sign: '-', text: old })
      i++
    } else {
      lines.push({ sign: '+', text: fresh ?? '' })
      j++
    }
  }
  return lines
}

function commonLengths(before: readonly string[], after: readonly string[]): readonly (readonly number[])[] {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0))
  for (let i = before.length - 1; i >= 0; i--) {
    const row = table[i] ?? []
    for (let j = after.length - 1; j >= 0; j--) {
      const isSame = before[i] === after[j]
      row[j] = isSame ? 1 + cell(table, i + 1, j + 1) : Math.max(cell(table, i + 1, j), cell(table, i, j + 1))
    }
  }
  return table
}

function cell(table: readonly (readonly number[])[], i: number, j: number): number {
  return table[i]?.[j] ?? 0
}
