import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSecret } from '../../../../src/agent/host/secret-file.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('a secret file', () => {
  const folder = useTemporaryFolder()

  it('is read when only its owner can read it', () => {
    const path = join(folder(), 'secret')
    writeFileSync(path, 'x', { mode: 0o600 })
    expect(readSecret(path)).toBe('x')
  })

  it.each([0o640, 0o604, 0o660, 0o644])('is refused with mode %o, with the path and the mode', mode => {
    const path = join(folder(), 'secret')
    writeFileSync(path, 'x')
    chmodSync(path, mode)
    expect(() => readSecret(path)).toThrow(`${path} holds a secret and has mode 0${mode.toString(8)}`)
  })

  it('may be absent', () => {
    expect(readSecret(join(folder(), 'none'))).toBeUndefined()
  })
})
