import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { LoadedProgram } from '../../../../src/cli/weave/loaded-program.ts'
import { useTemporaryFolder } from '../../agent/temporary-folder.ts'

interface Exports {
  readonly answer: () => unknown
}

describe('a program of a release', () => {
  const folder = useTemporaryFolder()

  // Else the engine finds in its memory what it compiled a moment ago, and looks at nothing that was kept.
  beforeAll(() => setFlagsFromString('--no-compilation-cache'))

  afterAll(() => setFlagsFromString('--compilation-cache'))

  it('is evaluated with what CommonJS gives a module, and is told where it is', () => {
    write('[require("node:path").basename("/a/b"), programUrl]')
    expect(load().exports.answer()).toEqual(['b', file('program.cjs').href])
  })

  it('does the same with what the engine made of it before', () => {
    write('1')
    const first = load()
    expect(first.exports.answer()).toBe(1)
    expect(first.keepCode()).toEqual({ by: 'this start' })
    const kept = readFileSync(file('code/kept'))
    const second = load()
    expect(second.exports.answer()).toBe(1)
    expect(second.keepCode()).toEqual({ by: 'an earlier start' })
    expect(readFileSync(file('code/kept'))).toEqual(kept)
    expect(readdirSync(join(folder(), 'code'))).toEqual(['kept'])
  })

  it('keeps the functions that have run: not one of those that only could', () => {
    const body = Array.from({ length: 2_000 }, (_, i) => `x = x * ${i} + (${i} % 7);`).join('')
    write(`(x => { ${body} return x })(1)`)
    const isCalled = [false, true].map(isCalled => {
      const program = load()
      if (isCalled) program.exports.answer()
      program.keepCode()
      const { length } = readFileSync(file('code/kept'))
      rmSync(file('code/kept'))
      return length
    })
    expect(isCalled[1]).toBeGreaterThan(2 * (isCalled[0] ?? 0))
  })

  it('is compiled anew when it is another, though as long, and keeps that', () => {
    write('1')
    keep()
    write('2')
    utimesSync(file('program.cjs'), 1, 1)
    const changed = load()
    expect(changed.exports.answer()).toBe(2)
    changed.keepCode()
    expect(load().exports.answer()).toBe(2)
  })

  it.each([
    ['nothing', (kept: Buffer) => kept.subarray(0, 0)],
    ['half of it', (kept: Buffer) => kept.subarray(0, kept.length / 2)],
    ['what another version of the engine made', (kept: Buffer) => Buffer.from(kept).fill(7, 16, 32)],
  ])('is compiled anew when %s is left of what was kept, and keeps it again', (_, damage) => {
    write('1')
    keep()
    const kept = readFileSync(file('code/kept'))
    writeFileSync(file('code/kept'), damage(kept))
    const program = load()
    expect(program.exports.answer()).toBe(1)
    program.keepCode()
    expect(readFileSync(file('code/kept')).length).toBe(kept.length)
  })

  it('works where nothing can be kept, and says why', () => {
    write('1')
    writeFileSync(join(folder(), 'code'), '')
    const program = load()
    expect(program.exports.answer()).toBe(1)
    expect(program.keepCode()).toEqual({ reason: expect.stringMatching(/EEXIST|ENOTDIR/) })
  })

  it('keeps nothing that the next start would refuse: made with other flags of the engine than those of a start', () => {
    write('1')
    const program = load()
    setFlagsFromString('--no-opt')
    const kept = program.keepCode()
    setFlagsFromString('--opt')
    expect(kept).toEqual({ reason: 'the flags of the engine are not those of a start' })
    expect(program.keepCode()).toEqual({ by: 'this start' })
  })

  function write(answer: string): void {
    writeFileSync(
      file('program.cjs'),
      `(function (require, module, exports, programUrl) { module.exports = { answer: () => ${answer} } })`,
    )
  }

  function load(): LoadedProgram<Exports> {
    return new LoadedProgram<Exports>({ program: file('program.cjs'), code: file('code/kept') })
  }

  function keep(): void {
    const program = load()
    program.exports.answer()
    program.keepCode()
  }

  function file(name: string): URL {
    return pathToFileURL(join(folder(), name))
  }
})
