import { measureScale } from './scale-figures.ts'
import { describeScale } from './scale-report.ts'

const HOSTS = 80

describe('a large cluster', () => {
  const figures = measureScale(HOSTS, 7)

  it('converges after a cold start, and after a partition in two halves has healed', () => {
    expect(figures.coldStartMs).toBeLessThanOrEqual(30_000)
    expect(figures.healMs).toBeLessThanOrEqual(10_000)
  })

  it('is a mesh of bounded degree in which nobody is far from anybody', () => {
    expect(figures.linksMean).toBeLessThan(13)
    expect(figures.linksMax).toBeLessThanOrEqual(24)
    expect(figures.hopsMax).toBeLessThanOrEqual(5)
  })

  it('says little when nothing happens', () => {
    expect(figures.idleBytesPerSecond).toBeLessThan(500)
  })

  it('takes little memory for each peer, what a router holds in any case included', () => {
    expect(figures.bytesPerPeer).toBeLessThan(4_096)
  })

  it('hears of a joining router within a second, and of a dead one within five', () => {
    expect(figures.joinKnownMs).toBeLessThanOrEqual(1_000)
    expect(figures.deathKnownMs).toBeLessThanOrEqual(5_000)
  })

  it('is reported with all figures', () => {
    const page = describeScale(figures, 7, '')
    expect(page).toContain(`| ${HOSTS} | ${((figures.coldStartMs ?? 0) / 1000).toFixed(2)} s |`)
    const other = describeScale({ ...figures, hosts: 1_000, healMs: undefined }, 7, page)
    expect(other).toContain(`| ${HOSTS} |`)
    expect(other).toMatch(/\| 1000 \| .*not within 120 s/)
  })
})
