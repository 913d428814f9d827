import { CompilerThrift } from '../../../../src/agent/runtime/compiler-thrift.ts'

describe('the thrift of compilers', () => {
  it('does without compilers that make fast code, until it is over', () => {
    const { flags, thrift } = start()
    thrift.loaded('process')
    thrift.loaded('data path')
    expect(flags.slice(0, 2)).toEqual(['--no-opt', '--no-maglev'])
    thrift.end()
    expect(flags.slice(3, 5)).toEqual(['--opt', '--maglev'])
  })

  it('has what runs meanwhile need no more calls afterwards than otherwise', () => {
    const { flags, thrift } = start()
    thrift.loaded('process')
    thrift.loaded('data path')
    expect(flags[2]).toBe('--invocation-count-for-turbofan=400')
    thrift.end()
    expect(flags[5]).toBe('--invocation-count-for-turbofan=3000')
  })

  it('does not begin before all is loaded, whichever is first: the flags are those of all threads', () => {
    for (const part of ['process', 'data path'] as const) {
      const { flags, thrift } = start()
      thrift.loaded(part)
      expect(flags).toEqual([])
    }
  })

  it('does not begin once it is over: frames came before the start was done', () => {
    const { flags, thrift } = start()
    thrift.end()
    thrift.loaded('data path')
    thrift.loaded('process')
    expect(flags).not.toContain('--no-opt')
  })
})

function start() {
  const flags: string[] = []
  return { flags, thrift: new CompilerThrift(flag => flags.push(flag)) }
}
