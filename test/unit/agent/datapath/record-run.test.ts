import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CODE, loadRecordRun } from '../../../../src/agent/datapath/record-run.ts'
import { PROJECT_ROOT } from '../../../architecture/project-files.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('the machine code that seals and opens runs', () => {
  const folder = useTemporaryFolder()

  it('is what its source says', () => {
    const [object, code] = [join(folder(), 'run.o'), join(folder(), 'run.bin')]
    execFileSync('as', [join(PROJECT_ROOT, 'src/agent/datapath/record-run.s'), '-o', object])
    execFileSync('objcopy', ['-O', 'binary', '-j', '.text', object, code])
    expect(CODE.toString('hex')).toBe(readFileSync(code).toString('hex'))
  })

  it('is there on the machines that it is for', () => {
    expect(loadRecordRun() !== undefined).toBe(process.arch === 'x64')
  })
})
