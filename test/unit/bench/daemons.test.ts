import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
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
  it('is the most that there was, though it is less by the time of reading, and begins anew', async () => {
    const program =
      "let b = Buffer.alloc(2 ** 28, 1); b = undefined; gc(); console.log('freed'); setInterval(() => b, 1000)"
    const child = spawn(process.execPath, ['--expose-gc', '--eval', program])
    try {
      await once(child.stdout, 'data')
      const pid = child.pid ?? 0
      expect(peakMegabytes([pid])).toBeGreaterThan(2 ** 28 / 1e6)
      expect(residentMegabytes(pid)).toBeLessThan(150)
      resetPeaks([pid])
      expect(peakMegabytes([pid])).toBeLessThan(150)
    } finally {
      const end = once(child, 'exit')
      child.kill('SIGKILL')
      await end
    }
  })
})

function running(): ChildProcess {
  return { exitCode: null, signalCode: null } as ChildProcess
}
