import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createFile, replaceFile } from '../../../../src/agent/host/atomic-file.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('an atomic file', () => {
  const folder = useTemporaryFolder()

  it('is replaced as a whole, with its mode, and nothing else is left', () => {
    const path = join(folder(), 'file')
    replaceFile(path, 'one', 0o600)
    replaceFile(path, 'two', 0o600)
    expect(readFileSync(path, 'utf8')).toBe('two')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder())).toEqual(['file'])
  })

  it('is left as it is by who only wants to create it', () => {
    const path = join(folder(), 'file')
    createFile(path, 'one', 0o600)
    createFile(path, 'two', 0o600)
    expect(readFileSync(path, 'utf8')).toBe('one')
    expect(readdirSync(folder())).toEqual(['file'])
  })

  it('leaves the old content when it cannot be written', () => {
    expect(() => replaceFile(join(folder(), 'missing', 'file'), 'x', 0o600)).toThrow('ENOENT')
    expect(readdirSync(folder())).toEqual([])
  })
})
