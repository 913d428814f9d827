import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AttachmentStore } from '../../../../src/agent/containers/attachment-store.ts'
import { brokenLocks, isLocked, withContainerLock } from '../../../../src/agent/containers/container-lock.ts'
import { useUnreaped } from '../../unreaped.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const id = 'ab'.repeat(32)
const attachment = {
  id,
  addresses: ['10.2.1.1/24'],
  multicastRoute: true,
  rewriteHosts: true,
  dns: true,
  extraHosts: [],
}

describe('what containers were given', () => {
  const folder = useTemporaryFolder()

  it('is kept by container, and forgotten with the last address', () => {
    const store = new AttachmentStore(folder())
    expect([store.ids(), store.load(id)]).toEqual([[], undefined])
    store.save(attachment)
    expect([store.ids(), store.load(id)]).toEqual([[id], attachment])
    store.save({ ...attachment, addresses: [] })
    expect(store.ids()).toEqual([])
  })
})

describe('the lock of a container', () => {
  const folder = useTemporaryFolder()
  const unreaped = useUnreaped()

  it('lets one work at a time, in the order of asking or not, and goes with its work', async () => {
    let inside = 0
    const work = async () => {
      expect(++inside).toBe(1)
      await Promise.resolve()
      inside--
      return inside
    }
    await Promise.all([1, 2, 3].map(() => withContainerLock(folder(), id, work)))
    expect(isLocked(folder(), id)).toBe(false)
  })

  it('is made where others were killed while they made theirs, and nothing is left of those', async () => {
    writeFileSync(join(folder(), `container-${id}.lock.4194305-1-0123456789ab.tmp`), '4194305 1')
    await withContainerLock(folder(), id, async () => undefined)
    expect(readdirSync(folder())).toEqual([])
  })

  it('goes when the work fails', async () => {
    const work = async () => {
      expect(isLocked(folder(), id)).toBe(true)
      throw new Error('no')
    }
    await expect(withContainerLock(folder(), id, work)).rejects.toThrow('no')
    expect(isLocked(folder(), id)).toBe(false)
  })

  it.each([
    ['and another process has that number', () => `${process.pid} 1`],
    ['and its parent has not noticed yet', () => `${unreaped().pid} ${unreaped().startedAt}`],
  ])('does not count when its holder was killed, %s', async (_, holder) => {
    const file = join(folder(), `container-${id}.lock`)
    writeFileSync(file, holder())
    expect(isLocked(folder(), id)).toBe(false)
    expect(brokenLocks(folder())).toEqual([id])
    await expect(withContainerLock(folder(), id, async () => 'done')).resolves.toBe('done')
    expect(existsSync(file)).toBe(false)
  })
})
