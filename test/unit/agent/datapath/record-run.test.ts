import { CODE, loadRecordRun } from '../../../../src/agent/datapath/record-run.ts'
import { assembled } from '../assembled.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('the machine code that seals and opens runs', () => {
  const folder = useTemporaryFolder()

  it('is what its source says', () => {
    expect(CODE.toString('hex')).toBe(assembled('src/agent/datapath/record-run.s', folder()))
  })

  it('is there on the machines that it is for', () => {
    expect(loadRecordRun() !== undefined).toBe(process.arch === 'x64')
  })
})
