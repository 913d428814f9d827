import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { endProcess } from '../system/sweep-namespaces.ts'

/** Beyond the largest that Linux gives. */
const NO_PROCESS = 2 ** 22 + 1

describe('a process that a lab sweeps away', () => {
  it('is ended', async () => {
    const child = spawn('sleep', ['600'])
    await once(child, 'spawn')
    const ended = once(child, 'exit')
    endProcess(child.pid ?? 0)
    expect(await ended).toEqual([null, 'SIGKILL'])
  })

  it('may have ended by itself meanwhile, and what else goes wrong is told', () => {
    expect(() => endProcess(NO_PROCESS)).not.toThrow()
    expect(() => endProcess(Number.NaN)).toThrow()
  })
})
