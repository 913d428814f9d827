import { DenseTraffic } from '../../../../src/agent/datapath/dense-traffic.ts'

describe('dense traffic', () => {
  it('is many small frames within a millisecond, however few of them at once', () => {
    expect(answers({ everyMs: 0.01, frames: 1, bytes: 64 }).at(-1)).toBe(true)
    expect(answers({ everyMs: 0.5, frames: 40, bytes: 64 * 40 }).at(-1)).toBe(true)
  })

  it('is not few frames, and not large ones', () => {
    expect(answers({ everyMs: 0.1, frames: 1, bytes: 64 })).not.toContain(true)
    expect(answers({ everyMs: 0.01, frames: 1, bytes: 1400 })).not.toContain(true)
  })

  it('ends with the first frame after a pause', () => {
    const traffic = new DenseTraffic()
    for (let now = 0; now < 3; now += 0.01) traffic.note(1, 64, now)
    expect(traffic.note(1, 64, 8)).toBe(false)
  })
})

function answers({ everyMs, frames, bytes }: { everyMs: number; frames: number; bytes: number }): readonly boolean[] {
  const traffic = new DenseTraffic()
  return Array.from({ length: 500 }, (_, i) => traffic.note(frames, bytes, i * everyMs))
}
