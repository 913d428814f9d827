import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { readLock, writeLock } from '../../../../src/provision/lock/lock-file.ts'
import { formatLock, parseLock } from '../../../../src/provision/lock/lock-text.ts'
import { statePaths } from '../../../../src/provision/lock/state-paths.ts'
import { EMPTY_LOCK, type Lock } from '../../../../src/provision/plan/lock.ts'
import { lockOf } from '../inventories.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weave-lock-'))
  path = join(folder, '.weave.lock.yml')
})
afterEach(() => rmSync(folder, { recursive: true }))

const LOCK: Lock = {
  format: 1,
  cluster: { id: '00ff', publicKey: 'k' },
  network: { subnet: '10.2.0.0/16', containerPrefix: 24 },
  manifest: { version: 3, digest: 'd' },
  hosts: [
    { name: 'b', index: 1, publicKey: 'p', underlay: ['192.0.2.7'] },
    { name: 'a10', index: 3, publicKey: undefined },
    { name: 'a9', index: 2, publicKey: undefined },
  ],
  tombstones: [
    { name: 'z', index: 9 },
    { name: 'y', index: 8 },
  ],
}

describe('the lock file', () => {
  it('that is not there is an empty lock', () => {
    expect(readLock(path)).toEqual(EMPTY_LOCK)
  })

  it('comes back as it was written, hosts in the order of their names, tombstones in their own', () => {
    writeLock(path, LOCK)
    const lock = readLock(path)
    expect(lock.hosts.map(({ name }) => name)).toEqual(['a9', 'a10', 'b'])
    expect({ ...lock, hosts: [] }).toEqual({ ...LOCK, hosts: [] })
    expect(new Set(lock.hosts)).toEqual(new Set(LOCK.hosts))
  })

  it('says at its head what it is and what losing it means', () => {
    writeLock(path, LOCK)
    expect(readFileSync(path, 'utf8')).toMatch(/^# Written by weave-provision; commit it.*\n# .*without this file/)
  })

  it('is left alone when nothing changes, and leaves no draft when it does', () => {
    expect(writeLock(path, LOCK)).toBe(true)
    expect(writeLock(path, { ...LOCK, hosts: [...LOCK.hosts].reverse() })).toBe(false)
    expect(readdirSync(folder)).toEqual(['.weave.lock.yml'])
  })

  it.each([
    ['', 'empty'],
    ['format: 1\nhosts: [', 'cut off'],
    ['format: 2\n', 'of another format'],
    [
      'format: 1\nmanifest: {version: 0, digest: ""}\nhosts: {a: {index: 0}}\ntombstones: []\n',
      'with an impossible number',
    ],
    [
      'format: 1\nmanifest: {version: 0, digest: ""}\nhosts: {a: {index: 1}, b: {index: 1}}\ntombstones: []\n',
      'with one number twice',
    ],
    ['<<<<<<< HEAD\nformat: 1\n=======\nformat: 1\n>>>>>>> other\n', 'with marks of a merge'],
  ])('%j, %#, is refused and never overwritten', text => {
    writeFileSync(path, text)
    expect(() => readLock(path)).toThrow(/lock file .* is damaged/)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('keeps names that YAML would take for something else', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,8}$/), { maxLength: 9 }), names => {
        const lock = lockOf(
          Object.fromEntries(names.filter(name => name !== '__proto__').map((name, i) => [name, i + 1])),
        )
        const parsed = parseLock(formatLock(lock))
        if (!parsed.ok) throw new Error(parsed.error)
        const numbersOf = (of: Lock) => Object.fromEntries(of.hosts.map(({ name, index }) => [name, index]))
        expect(numbersOf(parsed.value)).toEqual(numbersOf(lock))
      }),
    )
  })
})

describe('what is kept beside an inventory', () => {
  it('is in the same place for a folder and for a file in it', () => {
    const file = join(folder, 'hosts.yml')
    writeFileSync(file, '')
    expect(statePaths(file)).toEqual(statePaths(folder))
    expect(statePaths(folder).lock).toBe(path)
  })

  it('is made only when something is written', () => {
    statePaths(folder)
    expect(existsSync(path)).toBe(false)
  })
})
