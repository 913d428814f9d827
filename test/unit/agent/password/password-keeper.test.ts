import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PasswordKeeper, savePasswords } from '../../../../src/agent/password/password-keeper.ts'
import { parsePasswords } from '../../../../src/agent/password/password-text.ts'

const folder = mkdtempSync(join(tmpdir(), 'weave-password-'))
const path = join(folder, 'state', 'password')

afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => rmSync(path, { force: true }))

describe('a keeper of passwords', () => {
  it('has none where none were kept', () => {
    expect(new PasswordKeeper(path).secrets).toEqual([])
  })

  it('keeps the old one valid beside the new one until it is dropped, also for the next start', () => {
    savePasswords(path, ['one'])
    const keeper = new PasswordKeeper(path)
    const [old] = keeper.secrets
    keeper.change('two')
    expect(keeper.secrets[1]).toEqual(old)
    expect(new PasswordKeeper(path).secrets).toEqual(keeper.secrets)
    expect(keeper.dropOld()).toBe(true)
    expect(keeper.dropOld()).toBe(false)
    expect(readFileSync(path, 'utf8')).toBe('two\n')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('never has more than two, and a password that is given again only once', () => {
    savePasswords(path, ['one', 'two'])
    const keeper = new PasswordKeeper(path)
    keeper.change('three')
    expect(readFileSync(path, 'utf8')).toBe('three\none\n')
    keeper.change('one')
    expect(readFileSync(path, 'utf8')).toBe('one\nthree\n')
  })

  it('takes up what was written into its file', () => {
    const keeper = new PasswordKeeper(path)
    savePasswords(path, ['one'])
    keeper.reload()
    expect(keeper.count).toBe(1)
  })

  it('refuses a file that others can read', () => {
    savePasswords(path, ['one'])
    chmodSync(path, 0o644)
    expect(() => new PasswordKeeper(path)).toThrow(/holds a secret and has mode 0644/)
  })

  it('does not show what is wrong in a file', () => {
    savePasswords(path, [])
    writeFileSync(path, 'hush\u0007\n')
    expect(() => new PasswordKeeper(path)).toThrow(/control character/)
    expect(() => new PasswordKeeper(path)).not.toThrow(/hush/)
  })
})

describe('a text of passwords', () => {
  it('has a password a line, the preferred one first', () => {
    expect(parsePasswords('new one\r\nold one\n', 'x')).toEqual(['new one', 'old one'])
    expect(parsePasswords('same\nsame', 'x')).toEqual(['same'])
  })

  it.each([
    ['', /holds no password/],
    ['\n\n', /holds no password/],
    ['   \n', /empty password/],
    ['a\nb\nc\n', /3 lines, and at most 2/],
    ['a'.repeat(1025), /longer than 1024 bytes/],
  ])('%j is refused', (text, why) => {
    expect(() => parsePasswords(text, 'the file')).toThrow(why)
  })
})
