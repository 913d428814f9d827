import type { ChildProcess } from 'node:child_process'
import { describeEnd, peakMegabytes, resetPeaks, residentMegabytes } from '../../../bench/compare/daemons.ts'

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

describe('memory under load', () => {
  it('is the most that there was, though it is less by the time of reading', () => {
    resetPeaks([process.pid])
    const before = peakMegabytes([process.pid])
    Buffer.alloc(256 * 2 ** 20, 1)
    expect(peakMegabytes([process.pid])).toBeGreaterThan(before + 200)
    expect(peakMegabytes([process.pid])).toBeGreaterThanOrEqual(residentMegabytes(process.pid))
  })

  it('begins anew with each condition', () => {
    const pid = process.pid
    resetPeaks([pid])
    expect(peakMegabytes([pid])).toBeLessThan(residentMegabytes(pid) + 50)
  })
})

function running(): ChildProcess {
  return { exitCode: null, signalCode: null } as ChildProcess
}
