import { unifiedDiff } from '../../../../src/provision/apply/unified-diff.ts'

describe('a diff', () => {
  it('shows a changed line with three lines around it', () => {
    const before = lines(1, 2, 3, 4, 5, 6, 7, 8, 9)
    const after = lines(1, 2, 3, 4, 'five', 6, 7, 8, 9)
    expect(diff(before, after)).toEqual(['@@', ' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8'])
  })

  it('of a file that appears is all added', () => {
    expect(diff('', 'a\nb\n')).toEqual(['+a', '+b'])
  })

  it('of a file that goes is all removed', () => {
    expect(diff('a\nb\n', '')).toEqual(['-a', '-b'])
  })

  it('keeps far changes apart', () => {
    const before = lines('a', 1, 2, 3, 4, 5, 6, 7, 8, 'z')
    const after = lines('A', 1, 2, 3, 4, 5, 6, 7, 8, 'Z')
    expect(diff(before, after).filter(line => line === '@@')).toHaveLength(1)
  })

  it('of equal texts is empty', () => {
    expect(diff('a\n', 'a\n')).toEqual([])
  })
})

function diff(before: string, after: string): readonly string[] {
  return unifiedDiff({ path: '/a', before, after })
}

function lines(...texts: readonly (string | number)[]): string {
  return texts.map(text => `${text}\n`).join('')
}
