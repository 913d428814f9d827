import { jest } from '@jest/globals'
import { StateSaver } from '../../../../src/agent/runtime/state-saver.ts'

describe('what the router remembers', () => {
  beforeEach(() => jest.useFakeTimers())
  afterEach(() => jest.useRealTimers())

  it('is saved at once', () => {
    const { saver, disk, logged } = create()
    saver.save('names', () => disk.write('one'))
    expect(disk.content).toBe('one')
    expect(logged).toEqual([])
    expect(jest.getTimerCount()).toBe(0)
  })

  it('is saved once the disk takes it again, the latest alone, which is said once each', () => {
    const { saver, disk, logged } = create()
    disk.isFull = true
    saver.save('names', () => disk.write('one'))
    saver.save('names', () => disk.write('two'))
    jest.advanceTimersByTime(60_000)
    expect(disk.content).toBe('')
    disk.isFull = false
    jest.advanceTimersByTime(10_000)
    expect(disk.written).toEqual(['two'])
    expect(logged).toEqual(['error state not saved', 'info state saved after all'])
    expect(jest.getTimerCount()).toBe(0)
  })

  it('is not tried again in an earlier form when a later one was saved', () => {
    const { saver, disk } = create()
    disk.isFull = true
    saver.save('names', () => disk.write('one'))
    disk.isFull = false
    saver.save('names', () => disk.write('two'))
    jest.advanceTimersByTime(60_000)
    expect(disk.written).toEqual(['two'])
  })

  it('is tried a last time when the router stops, and no more', () => {
    const { saver, disk } = create()
    disk.isFull = true
    for (const what of ['names', 'addresses']) saver.save(what, () => disk.write(what))
    disk.isFull = false
    saver.stop()
    expect(disk.written).toEqual(['names', 'addresses'])
    disk.isFull = true
    saver.save('names', () => disk.write('late'))
    saver.stop()
    expect(jest.getTimerCount()).toBe(0)
  })
})

function create() {
  const disk = new Disk()
  const logged: string[] = []
  const saver = new StateSaver({ write: (level, message) => void logged.push(`${level} ${message}`) })
  return { saver, disk, logged }
}

class Disk {
  isFull = false
  readonly written: string[] = []

  get content(): string {
    return this.written.at(-1) ?? ''
  }

  write(text: string): void {
    if (this.isFull) throw new Error('ENOSPC: no space left on device')
    this.written.push(text)
  }
}
