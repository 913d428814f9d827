import type { ChildProcess } from 'node:child_process'
import { describeEnd } from '../../../bench/compare/daemons.ts'

describe('daemons of a candidate', () => {
  it('are not said to have ended while all run', () => {
    expect(describeEnd(new Map([['edge a', running()]]), () => 'a log')).toBeUndefined()
  })

  it('say which one has ended, how, and its last words', () => {
    const logs: Readonly<Record<string, string>> = { 'edge b': 'started\nno memory\n', 'edge c': '' }
    const logOf = (name: string) => logs[name] ?? ''
    const killed = { ...running(), signalCode: 'SIGSEGV' } as ChildProcess
    const failed = { ...running(), exitCode: 2 } as ChildProcess
    expect(
      describeEnd(
        new Map([
          ['edge a', running()],
          ['edge b', failed],
        ]),
        logOf,
      ),
    ).toBe('edge b has ended with exit code 2: no memory')
    expect(describeEnd(new Map([['edge c', killed]]), logOf)).toBe('edge c has ended by SIGSEGV')
  })
})

function running(): ChildProcess {
  return { exitCode: null, signalCode: null } as ChildProcess
}
