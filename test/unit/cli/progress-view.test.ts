import { createProgressView } from '../../../src/cli/provision/progress-view.ts'
import { Progress } from '../../../src/provision/apply/progress.ts'
import { eventOf, resultLine, startLine, statsLine, taskLine } from '../provision/apply/event-lines.ts'

const RUN = [
  taskLine('a', ['preflight'], 100),
  startLine('alpha', 'a'),
  resultLine('ok', 'alpha', 'a', { at: 100.2 }),
  taskLine('b', ['files'], 101.5),
  resultLine('ok', 'alpha', 'b', { changed: true }),
  resultLine('failed', 'bravo', 'b', { details: { msg: 'no' } }),
  statsLine(103),
]

describe('progress without a terminal', () => {
  it('is a line when a phase begins, and one for each host when it ends', () => {
    expect(shown({ isTTY: false }).split('\n')).toEqual([
      '[   0.0 s] preflight: look at the hosts',
      '             alpha: preflight ok',
      '[   1.5 s] files: decide, render and install files',
      '             alpha: files changed',
      '             bravo: files FAILED',
      '',
    ])
  })
})

describe('progress on a terminal', () => {
  it('is a row for each host, drawn over', () => {
    const text = shown({ isTTY: true, columns: 80, rows: 24 })
    const rows = text
      .slice(text.lastIndexOf(`${ESCAPE}[3A`))
      .split('\n')
      .map(plain)
    expect(rows).toEqual(['', '  alpha  ✓ preflight  ✓ files', '  bravo  · preflight  ✗ files', ''])
  })

  it('makes do with signs where rows would not fit', () => {
    const rows = shown({ isTTY: true, columns: 20, rows: 24 }).split('\n').map(plain)
    expect(rows).toContain('  bravo  ·  ✗')
    expect(Math.max(...rows.filter(row => row.startsWith('  ')).map(row => row.length))).toBeLessThanOrEqual(20)
  })

  it('shows only the hosts for which there is room, and counts the others', () => {
    const rows = shown({ isTTY: true, columns: 80, rows: 5 }).split('\n').map(plain)
    expect(rows).toContain('  and 1 more')
    expect(rows.filter(row => row.includes('bravo'))).toEqual([])
  })
})

const ESCAPE = '\u001b'

function shown(traits: { isTTY: boolean; columns?: number; rows?: number }): string {
  const written: string[] = []
  const stream = { columns: 80, rows: 24, ...traits, write: (text: string) => written.push(text) > 0 }
  const view = createProgressView(stream, ['preflight', 'files'], 'xterm')
  const progress = new Progress(['alpha', 'bravo'])
  for (const line of RUN) {
    const event = eventOf(line)
    progress.apply(event)
    view.update(progress, event)
  }
  view.end(progress)
  return written.join('')
}

/** Without colours and movements. */
function plain(row: string): string {
  return row.replaceAll(new RegExp(`${ESCAPE}\\[[0-9;]*[A-Za-z]`, 'g'), '')
}
