import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withPrivateFolder } from '../../../../src/provision/apply/private-folder.ts'
import { useUnreaped } from '../../unreaped.ts'

describe('the private folder of a run', () => {
  const unreaped = useUnreaped()
  const folderOf = (pid: number) => join(tmpdir(), `weave-provision-${pid}-test00`)

  it('goes with the run, and takes with it those of runs that were killed, but none of a run that works', async () => {
    const folders = [unreaped().pid, process.pid].map(folderOf)
    try {
      for (const folder of folders) mkdirSync(folder)
      const own = await withPrivateFolder(async folder => folder)
      expect([...folders, own].map(folder => existsSync(folder))).toEqual([false, true, false])
    } finally {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    }
  })
})
