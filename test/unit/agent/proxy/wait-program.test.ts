import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { installWaitProgram, waitProgram } from '../../../../src/agent/proxy/wait-program.ts'
import { assembled } from '../assembled.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const HEADERS_BYTES = 120

describe('the program that waits for the network', () => {
  const folder = useTemporaryFolder()

  it('is what its source says', () => {
    const code = waitProgram().subarray(HEADERS_BYTES)
    expect(code.toString('hex')).toBe(assembled('src/agent/proxy/wait-program.s', folder()))
  })

  it('is an executable that anybody may run, and is written when it is not there or another', () => {
    const file = join(folder(), 'wait', 'w')
    installWaitProgram(join(folder(), 'wait'))
    expect(statSync(file).mode & 0o777).toBe(0o755)
    const before = statSync(file).mtimeMs
    installWaitProgram(join(folder(), 'wait'))
    expect(statSync(file).mtimeMs).toBe(before)
    expect(existsSync(file)).toBe(true)
    expect(execFileSync('readelf', ['-h', '-l', file], { encoding: 'utf8' })).toMatch(/EXEC[\s\S]*X86-64[\s\S]*LOAD/)
  })
})
