import { CompilerThrift } from '../../../../src/agent/runtime/compiler-thrift.ts'

/** What runs meanwhile needs no more calls afterwards than otherwise. */
const FEW_CALLS = '--invocation-count-for-turbofan=400'
const CALLS = '--invocation-count-for-turbofan=10000'

describe('the thrift of compilers', () => {
  it('does without compilers that make fast code, until it is over', () => {
    const { flags, thrift } = start()
    thrift.loaded('process')
    thrift.loaded('data path')
    expect(flags).toEqual(['--no-opt', '--no-maglev', FEW_CALLS])
    thrift.end()
    expect(flags.slice(3)).toEqual(['--opt', '--maglev', CALLS])
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
    expect(flags).toEqual(['--opt', '--maglev', CALLS])
  })
})

function start() {
  const flags: string[] = []
  return { flags, thrift: new CompilerThrift(flag => flags.push(flag)) }
}
