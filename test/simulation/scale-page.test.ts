import { withSection } from './scale-page.ts'

describe('the page of scale', () => {
  it('begins with its title', () => {
    expect(withSection('', 'simulated', 'one\n')).toBe(
      '# Scale\n\n<!-- simulated: begin -->\none\n<!-- simulated: end -->\n',
    )
  })

  it('keeps the sections of other commands as they are', () => {
    const both = withSection(withSection('', 'simulated', 'one'), 'measured', 'two')
    const again = withSection(both, 'simulated', 'three\n\nfour')
    expect(again).toBe(both.replace('one', 'three\n\nfour'))
    expect(withSection(again, 'measured', 'two')).toBe(again)
  })
})
