import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acquireLock } from '../../../src/lab/exclusive.ts'

describe('a lock between processes', () => {
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lock-'))
  })

  afterAll(() => rm(folder, { recursive: true }))

  it('is given to one after the other, and who waits is told so', async () => {
    const path = join(folder, 'lock')
    const first = await acquireLock(path, () => undefined)
    const events: string[] = []
    const second = acquireLock(path, () => events.push('waiting')).then(lock => {
      events.push('given')
      return lock
    })
    while (events.length === 0) await new Promise(resolve => setTimeout(resolve, 10))
    expect(events).toEqual(['waiting'])
    await first.release()
    await (await second).release()
    expect(events).toEqual(['waiting', 'given'])
  })

  it('excludes others after its file has been removed by who had it', async () => {
    const path = join(folder, 'removed')
    const first = await acquireLock(path, () => undefined)
    let isWaiting = false
    const second = acquireLock(path, () => {
      isWaiting = true
    })
    while (!isWaiting) await new Promise(resolve => setTimeout(resolve, 10))
    await rm(path)
    await first.release()
    const lock = await second
    let isThirdWaiting = false
    const third = acquireLock(path, () => {
      isThirdWaiting = true
    })
    while (!isThirdWaiting) await new Promise(resolve => setTimeout(resolve, 10))
    await lock.release()
    await (await third).release()
  })
})
