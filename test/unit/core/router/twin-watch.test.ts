import { bootIdAbove, bootIdOf, instanceOf } from '../../../../src/core/router/boot-id.ts'
import { TAKEOVER_EVERY_MS, TAKEOVERS_MAX, TWINS_KEPT_MS, TwinWatch } from '../../../../src/core/router/twin-watch.ts'

const boot = (startedAt: bigint, instance: number) => bootIdOf(startedAt, () => Uint8Array.of(0, 0, instance))

describe('a boot id', () => {
  it('grows with the start, and when another is outdone, and keeps what was drawn for its process', () => {
    const [mine, other] = [boot(100n, 1), boot(200n, 2)]
    const above = bootIdAbove(other, mine) ?? 0n
    expect(other > mine).toBe(true)
    expect(above > other).toBe(true)
    expect(instanceOf(above)).toBe(instanceOf(mine))
  })

  it('has none above it at the end of its range, and does not begin again', () => {
    expect(bootIdAbove(2n ** 64n - 1n, 1n)).toBeUndefined()
  })
})

describe('the watch for twins', () => {
  it('takes a process that comes back after another for alive, and a restart for a restart', () => {
    const watch = new TwinWatch()
    const places = () => ({ at: 'A', andAt: 'B' })
    expect(watch.merged(2, boot(1n, 1), places, 0)).toBe(false)
    expect(watch.merged(2, boot(2n, 2), places, 1)).toBe(false)
    expect(watch.merged(2, boot(3n, 3), places, 2)).toBe(false)
    expect(watch.merged(2, boot(3n, 3), places, 2)).toBe(false)
    expect(watch.twinsOf(2, 2)).toBeUndefined()
    expect(watch.merged(2, boot(4n, 2), places, 3)).toBe(true)
    expect(watch.twinsOf(2, 3)).toEqual({ at: 'A', andAt: 'B' })
  })

  it('takes for a start only what follows another process, and is not one of the last two', () => {
    const watch = new TwinWatch()
    const places = () => ({ at: 'A', andAt: 'B' })
    const starts = [boot(1n, 1), boot(2n, 2), boot(3n, 2), boot(4n, 1), boot(5n, 3)].map(bootId => {
      const isStart = watch.isStart(2, bootId)
      watch.merged(2, bootId, places, 0)
      return isStart
    })
    expect(starts).toEqual([false, true, false, false, true])
  })

  it('tells of them once, and forgets them when they have not shown themselves for long', () => {
    const watch = new TwinWatch()
    expect(watch.found(2, { at: 'A', andAt: 'B' }, 0)).toBe(true)
    expect(watch.found(2, { at: 'A', andAt: 'B' }, 1)).toBe(false)
    expect(watch.twinsOf(2, TWINS_KEPT_MS + 1)).toBeUndefined()
  })

  it('takes the own name back a few times at once, then once in a while', () => {
    const watch = new TwinWatch()
    const take = (now: number) => watch.takeover(boot(9n, 2), boot(1n, 1), now) !== undefined
    expect(Array.from({ length: TAKEOVERS_MAX + 1 }, () => take(0))).toEqual([true, true, true, true, false])
    expect([take(TAKEOVER_EVERY_MS - 1), take(TAKEOVER_EVERY_MS), take(TAKEOVER_EVERY_MS)]).toEqual([
      false,
      true,
      false,
    ])
  })

  it('knows another process that has answered', () => {
    const watch = new TwinWatch()
    watch.takeover(boot(9n, 2), boot(1n, 1), 0)
    expect(watch.isRival(boot(9n, 2))).toBe(false)
    expect(watch.isRival(boot(11n, 2))).toBe(true)
    expect(watch.isRival(boot(11n, 3))).toBe(false)
  })
})
