import { isHostBusy, othersRunning } from '../../../../src/agent/linux/host-load.ts'

describe('the load of the host', () => {
  it.each([
    ['0.20 0.18 0.12 1/80 11206\n', 0],
    ['0.75 0.35 0.25 3/450 2048\n', 2],
    ['42.85 19.82 8.63 31/1390 9120\n', 30],
    ['something else', 0],
  ])('is counted without the one that asks: %j', (text, others) => {
    expect(othersRunning(text)).toBe(others)
  })

  it('can be asked for on this host', () => {
    expect(typeof isHostBusy()).toBe('boolean')
  })
})
