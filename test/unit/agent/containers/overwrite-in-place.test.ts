import { ftruncateSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type FileCalls, overwriteInPlace } from '../../../../src/agent/containers/overwrite-in-place.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const DOCKERS = '127.0.0.1\tlocalhost\n172.17.0.2\tweb\n'
const OURS = `10.2.1.1\tweb\n${DOCKERS}`

describe('a file that is mounted into a container', () => {
  const folder = useTemporaryFolder()
  const path = () => join(folder(), 'hosts')

  it.each([
    ['longer', DOCKERS, OURS],
    ['shorter', OURS, DOCKERS],
    ['the same', OURS, OURS],
    ['empty', OURS, ''],
  ])('has the text that it is to have, which is %s, and stays the file that is mounted', (_, before, after) => {
    writeFileSync(path(), before, { mode: 0o644 })
    const { ino, mode } = statSync(path())
    overwriteInPlace(path(), () => after)
    expect(readFileSync(path(), 'utf8')).toBe(after)
    expect(statSync(path())).toMatchObject({ ino, mode })
  })

  it('is not made where there is none', () => {
    expect(() => overwriteInPlace(path(), () => 'x')).toThrow('ENOENT')
  })

  it.each([
    ['longer', DOCKERS, OURS],
    ['shorter', OURS, DOCKERS],
  ])(
    'has all lines of before or all that it is to have, when that is %s, wherever the process is killed',
    (_, before, after) => {
      for (let calls = 0; calls < CALLS_MAX; calls++) {
        writeFileSync(path(), before)
        const overwrite = () => overwriteInPlace(path(), () => after, killedAfter(calls))
        if (calls < 2) expect(overwrite).toThrow('killed')
        else overwrite()
        expect([before, after]).toContain(readFileSync(path(), 'utf8').replace(/\n+$/, '\n'))
      }
      expect(readFileSync(path(), 'utf8')).toBe(after)
    },
  )

  it('has the text of before when the disk is full', () => {
    writeFileSync(path(), DOCKERS)
    const full = fullAt(DOCKERS.length + 3)
    expect(() => overwriteInPlace(path(), () => OURS, full)).toThrow('ENOSPC')
    expect(readFileSync(path(), 'utf8')).toBe(DOCKERS)
  })
})

/** More than it takes. */
const CALLS_MAX = 4

function killedAfter(calls: number): FileCalls {
  let left = calls
  const orEnd = () => {
    if (left-- === 0) throw new Error('killed')
  }
  return {
    write: (fd, bytes, at) => {
      orEnd()
      return writeSync(fd, bytes, 0, bytes.length, at)
    },
    truncate: (fd, length) => {
      orEnd()
      ftruncateSync(fd, length)
    },
  }
}

/** Takes what there is room for, as a disk does. */
function fullAt(bytesMax: number): FileCalls {
  return {
    write: (fd, bytes, at) => {
      const room = Math.min(bytes.length, bytesMax - at)
      if (room <= 0) throw new Error('ENOSPC: no space left on device')
      return writeSync(fd, bytes, 0, room, at)
    },
    truncate: ftruncateSync,
  }
}
