import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { type PasswordOptions, takePasswords } from '../../../../src/cli/weave/password-input.ts'

const STRONG = 'a fine and private place 77'
const folder = mkdtempSync(join(tmpdir(), 'weave-input-'))
const file = join(folder, 'password')

afterAll(() => rmSync(folder, { recursive: true }))

describe('a password for a command', () => {
  it('comes from a file without a word, and may be two', () => {
    writeFileSync(file, `${STRONG}\nthe old one, which was fine too 5\n`)
    const { passwords, said } = take({ passwordFile: file })
    expect(passwords).toEqual([STRONG, 'the old one, which was fine too 5'])
    expect(said).toBe('')
  })

  it('comes from an argument or the variable with a warning, which does not show it (FLAG-01, ENV-01)', () => {
    expect(take({ password: STRONG })).toEqual({ passwords: [STRONG], said: expect.stringContaining('command line') })
    const environment: NodeJS.ProcessEnv = { WEAVE_PASSWORD: STRONG }
    const { passwords, said } = take({}, environment)
    expect(passwords).toEqual([STRONG])
    expect(said).toContain('WEAVE_PASSWORD can be read in /proc')
    expect(said).not.toContain(STRONG)
    expect(environment).toEqual({})
  })

  it('of an argument wins over that of the variable, which nothing inherits', () => {
    const environment: NodeJS.ProcessEnv = { WEAVE_PASSWORD: 'another one, of the shell' }
    expect(take({ password: STRONG }, environment).passwords).toEqual([STRONG])
    expect(environment).toEqual({})
  })

  it('is none where none was given', () => {
    expect(take({}).passwords).toBeUndefined()
    expect(take({}, { WEAVE_PASSWORD: '' }).passwords).toBeUndefined()
  })

  it('that is weak is called so, with a strong one to take instead', () => {
    const { said } = take({ password: 'weave' })
    expect(said).toMatch(/the password is weak: .*\. A strong one, made just now: [a-z2-9-]{29}\n/)
  })

  it.each<[PasswordOptions, RegExp]>([
    [{ password: STRONG, passwordFile: 'x' }, /exclude each other/],
    [{ password: '' }, /empty password/],
    [{ passwordFile: '/nowhere' }, /\/nowhere cannot be read: ENOENT/],
  ])('%j is bad input', (options, why) => {
    expect(() => take(options)).toThrow(why)
  })
})

function take(options: PasswordOptions, environment: NodeJS.ProcessEnv = {}) {
  const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const passwords = takePasswords(options, environment)
    return { passwords, said: written.mock.calls.map(([text]) => text).join('') }
  } finally {
    written.mockRestore()
  }
}
