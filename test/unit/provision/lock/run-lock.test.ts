import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withRunLock } from '../../../../src/provision/lock/run-lock.ts'
import { useUnreaped } from '../../unreaped.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weave-run-lock-'))
  path = join(folder, '.weave.run.lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Rewrites the file of a lock that is held, as if somebody else held it. */
function heldBy(change: Readonly<Record<string, unknown>>): Promise<void> {
  return withRunLock(path, 'up', async () => {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    writeFileSync(`${path}.kept`, JSON.stringify({ ...holder, ...change }))
  }).then(() => writeFileSync(path, readFileSync(`${path}.kept`)))
}

describe('the lock of a run', () => {
  const unreaped = useUnreaped()

  it('is there during the work and gone after it', async () => {
    expect(await withRunLock(path, 'up', async () => existsSync(path))).toBe(true)
    expect(readdirSync(folder)).toEqual([])
  })

  it('is gone after work that fails, too', async () => {
    await expect(withRunLock(path, 'up', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(existsSync(path)).toBe(false)
  })

  it('keeps a second run out, and tells who holds it', async () => {
    await withRunLock(path, 'up', async () => {
      const second = withRunLock(path, 'render', async () => 'never')
      await expect(second).rejects.toThrow(
        new RegExp(`weave-provision up works on this inventory.*process ${process.pid}`),
      )
      expect(existsSync(path)).toBe(true)
    })
  })

  it('of a process that was killed is taken over, even when its id is in use again', async () => {
    await heldBy({ startedAt: '1' })
    expect(await withRunLock(path, 'render', async () => 'done')).toBe('done')
  })

  it('of a process that was killed is taken over before its parent has noticed', async () => {
    await heldBy({ ...unreaped() })
    expect(await withRunLock(path, 'render', async () => 'done')).toBe('done')
  })

  it('of another machine is respected: nothing can be known of its process', async () => {
    await heldBy({ machine: 'elsewhere', startedAt: '1' })
    await expect(withRunLock(path, 'render', async () => 'never')).rejects.toThrow('on elsewhere')
  })

  it('in a folder that is not there is an error with the path', async () => {
    await expect(withRunLock(join(folder, 'no', 'lock'), 'up', async () => 'never')).rejects.toThrow(
      /cannot write .*no\/lock/,
    )
  })
})
