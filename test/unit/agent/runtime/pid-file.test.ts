import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removePidFile, writePidFile } from '../../../../src/agent/runtime/pid-file.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('the pid file', () => {
  const folder = useTemporaryFolder()
  const path = () => join(folder(), 'weave.pid')

  it('says which process is the router, and goes with it', () => {
    writePidFile(path(), { write: () => undefined })
    expect(readFileSync(path(), 'utf8')).toBe(`${process.pid}\n`)
    removePidFile(path())
    expect(existsSync(path())).toBe(false)
    removePidFile(path())
  })

  it('stays when another router has written its own by then', () => {
    writePidFile(path(), { write: () => undefined })
    writeFileSync(path(), `1${process.pid}\n`)
    removePidFile(path())
    expect(readFileSync(path(), 'utf8')).toBe(`1${process.pid}\n`)
  })

  it('is told of when it cannot be written', () => {
    const said: unknown[] = []
    writePidFile(join(folder(), 'missing', 'weave.pid'), { write: (...words) => void said.push(words) })
    expect(said).toEqual([
      ['error', 'pid file not written', expect.objectContaining({ reason: expect.stringContaining('ENOENT') })],
    ])
  })
})
