import { CompilerThrift } from '../../../../src/agent/runtime/compiler-thrift.ts'

describe('the thrift of compilers', () => {
  it('does without compilers that make fast code, until it is over', () => {
    const { flags, thrift } = start()
    thrift.begin()
    expect(flags).toEqual(['--no-opt', '--no-maglev'])
    thrift.end()
    expect(flags.slice(2)).toEqual(['--opt', '--maglev'])
  })

  it('does not begin once it is over: frames came before the start was done', () => {
    const { flags, thrift } = start()
    thrift.end()
    thrift.begin()
    expect(flags).toEqual(['--opt', '--maglev'])
  })
})

function start() {
  const flags: string[] = []
  return { flags, thrift: new CompilerThrift(flag => flags.push(flag)) }
}
