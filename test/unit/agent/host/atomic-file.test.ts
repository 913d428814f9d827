import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFile, replaceFile } from '../../../../src/agent/host/atomic-file.ts'
import { temporaryPath } from '../../../../src/agent/host/temporary-file.ts'
import { useUnreaped } from '../../unreaped.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('an atomic file', () => {
  const folder = useTemporaryFolder()
  const unreaped = useUnreaped()

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

  it('leaves nothing of writers that were killed, listed still or not, and their number another’s or not', () => {
    const { pid, startedAt } = unreaped()
    for (const writer of [`${pid}-${startedAt}`, `${process.pid}-1`, '4194305-1']) {
      writeFileSync(join(folder(), `other.${writer}-0123456789ab.tmp`), 'half')
    }
    symlinkSync('nowhere', join(folder(), 'link.4194305-1-0123456789ab.tmp'))
    replaceFile(join(folder(), 'file'), 'one', 0o600)
    expect(readdirSync(folder())).toEqual(['file'])
  })

  it('leaves alone what another is writing, and what is nobody’s temporary file', () => {
    const atWork = temporaryPath(join(folder(), 'file'))
    const others = ['a.tmp', 'b.0123456789ab', 'c.1-1-0123456789ab.tmp.json', '10-weave.conflist'].map(name =>
      join(folder(), name),
    )
    for (const path of [atWork, ...others]) writeFileSync(path, 'half')
    replaceFile(join(folder(), 'file'), 'one', 0o600)
    const left = readdirSync(folder()).map(name => join(folder(), name))
    expect(left.sort()).toEqual([join(folder(), 'file'), atWork, ...others].sort())
  })
})
