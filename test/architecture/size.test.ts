import { isCode, isUnder, type ProjectFile, projectFiles } from './project-files.ts'
import {
  badName,
  defaultExports,
  FILE_LINES_MAX,
  FUNCTION_LINES_MAX,
  longFunctions,
  manyParameters,
  tooLong,
} from './size-rules.ts'
import { report } from './syntax.ts'

const all = projectFiles().filter(file => isUnder(file.path, 'src', 'test', 'scripts', 'bin'))
const code = all.filter(file => isCode(file.path))
const shell = all.filter(file => file.path.endsWith('.sh'))

describe('size and names', () => {
  it(`no file has more than ${FILE_LINES_MAX} lines`, () => {
    expect(report([...code, ...shell].flatMap(tooLong))).toEqual([])
  })

  it(`no function has more than ${FUNCTION_LINES_MAX} lines`, () => {
    expect(report(code.flatMap(longFunctions))).toEqual([])
  })

  it('no function of src has more than three positional parameters', () => {
    expect(report(code.filter(file => isUnder(file.path, 'src')).flatMap(manyParameters))).toEqual([])
  })

  it('file names are kebab-case and say what is in the file', () => {
    expect(report([...code, ...shell].flatMap(file => badName(file.path)))).toEqual([])
  })

  it('src exports by name only', () => {
    expect(report(code.filter(file => isUnder(file.path, 'src')).flatMap(defaultExports))).toEqual([])
  })
})

describe('the checker of size and names', () => {
  it('counts the lines of a file', () => {
    expect(tooLong(fileOf('x\n'.repeat(FILE_LINES_MAX)))).toEqual([])
    expect(tooLong(fileOf('x\n'.repeat(FILE_LINES_MAX + 1)))).toHaveLength(1)
  })

  it.each([
    ['function f() {', '}'],
    ['const f = () => {', '}'],
    ['class A { m() {', '} }'],
    ['class A { constructor() {', '} }'],
  ])('counts the lines of %s …', (head, tail) => {
    const body = (lines: number) => fileOf([head, ...Array.from({ length: lines - 2 }, () => 'x()'), tail].join('\n'))
    expect(longFunctions(body(FUNCTION_LINES_MAX))).toEqual([])
    expect(longFunctions(body(FUNCTION_LINES_MAX + 1))).toHaveLength(1)
  })

  it('lets a chapter of tests be long, but not a test', () => {
    const lines = 'x()\n'.repeat(FUNCTION_LINES_MAX)
    expect(longFunctions(fileOf(`describe('a', () => {\n${lines}})`))).toEqual([])
    expect(longFunctions(fileOf(`it('a', () => {\n${lines}})`))).toHaveLength(1)
  })

  it('counts positional parameters', () => {
    expect(manyParameters(fileOf('export function f(a, b, c, now) {}'))).toEqual([])
    expect(manyParameters(fileOf('const f = (a, b, c, d) => 1'))).toHaveLength(1)
    expect(manyParameters(fileOf('export function f(a, b, c, d) {}'))).toHaveLength(1)
    expect(manyParameters(fileOf('class A { constructor(a, b, c, d) {} }'))).toHaveLength(1)
  })

  it('lets a file’s own functions and marked hot paths take more', () => {
    expect(manyParameters(fileOf('function f(a, b, c, d, e, f) {}'))).toEqual([])
    expect(manyParameters(fileOf('const o = { m(a, b, c, d) {} }'))).toEqual([])
    expect(manyParameters(fileOf('function f(a, b, c, d, e, f, g) {}'))).toHaveLength(1)
    expect(manyParameters(fileOf('/** Hot path. */\nfunction f(a, b, c, d, e, f, g) {}'))).toEqual([])
  })

  it.each([
    ['src/base/macTable.ts', 'kebab-case'],
    ['src/base/Mac.ts', 'kebab-case'],
    ['src/base/utils.ts', 'says nothing'],
    ['src/agent/docker-helper.ts', 'says nothing'],
    ['src/agent/link-manager.ts', 'says nothing'],
  ])('%s is refused', (path, expected) => {
    expect(report(badName(path)).join()).toContain(expected)
  })

  it.each(['src/base/ipv4.ts', 'test/unit/base/mac.test.ts', 'scripts/build.mjs', 'src/commands/common-name.d.ts'])(
    'the form of %s is judged without its endings',
    path => {
      expect(report(badName(path)).join()).not.toContain('kebab-case')
    },
  )

  it.each(['export default 1', 'export default function f() {}', 'export { a as default }'])('%s is refused', text => {
    expect(defaultExports(fileOf(text))).toHaveLength(1)
  })

  it('a switch may have a default', () => {
    expect(defaultExports(fileOf('switch (a) { default: b() }'))).toEqual([])
  })
})

function fileOf(text: string): ProjectFile {
  return { path: 'src/a.ts', text }
}
