import { hiddenProblems, leaks } from './hygiene-rules.ts'
import { isCode, isUnder, projectFiles } from './project-files.ts'
import { report } from './syntax.ts'

const files = projectFiles()
const code = files.filter(file => isCode(file.path) && isUnder(file.path, 'src', 'test', 'scripts', 'bin'))

describe('hygiene', () => {
  it('nothing is hidden from the compiler or from the test report', () => {
    expect(report(code.flatMap(hiddenProblems))).toEqual([])
  })

  it('no file holds a private key or names a folder of one machine', () => {
    expect(report(files.flatMap(leaks))).toEqual([])
  })
})

describe('the checker of hygiene', () => {
  it.each([
    'const a: any = 1',
    'const a = b as any',
    `// @ts-${'ignore'}`,
    `// TO${'DO'}: later`,
    "it.skip('a', () => {})",
    "it.only('a', () => {})",
    "describe.only('a', () => {})",
    "it.skip.each([1])('a', () => {})",
    "xit('a', () => {})",
  ])('%s is refused', text => {
    expect(hiddenProblems({ path: 'test/a.ts', text })).not.toEqual([])
  })

  it.each([
    'const many: unknown = 1',
    'const chapter = isRoot ? describe : describe.skip',
    "it.each([1])('any %s', () => {})",
    'list.skip(1)',
  ])('%s is allowed', text => {
    expect(hiddenProblems({ path: 'test/a.ts', text })).toEqual([])
  })

  it.each([
    `see ${['', 'home', 'jane', 'notes'].join('/')}`,
    `path: "${['', 'work', 'main'].join('/')}"`,
    `-----BEGIN PRIVATE ${'KEY'}-----\nMC4CAQAwBQYDK2VwBCIEIA==`,
  ])('%j leaks', text => {
    expect(leaks({ path: 'README.md', text })).not.toEqual([])
  })

  it.each(['src/work/a.ts', '~/work/a', `/-----BEGIN PRIVATE ${'KEY'}-----/`, 'https://example.org/home/page'])(
    '%j does not leak',
    text => {
      expect(leaks({ path: 'README.md', text })).toEqual([])
    },
  )
})
