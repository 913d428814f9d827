import { measureAtRest, measureScale } from './scale-figures.ts'
import { describeScale } from './scale-report.ts'

const HOSTS = 80

type AtRest = { readonly hosts: number } & ReturnType<typeof measureAtRest>

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
    expect(figures.bytesPerPeer).toBeLessThan(3_000)
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

describe('a cluster that has eight times the routers of another', () => {
  // The first only clears up: what the large cluster has left would count as memory that a small one gives back.
  const [, small, large] = [24, 24, 192].map(hosts => ({ hosts, ...measureAtRest(hosts, 7) })) as [
    AtRest,
    AtRest,
    AtRest,
  ]

  it('says no more for each router when nothing happens than what the logarithm of their number allows', () => {
    const growth = large.idleBytesPerSecond / small.idleBytesPerSecond
    expect(growth).toBeLessThan(Math.log(large.hosts) / Math.log(small.hosts))
  })

  it('takes under two kilobytes of memory for each peer more', () => {
    const [less, more] = [small, large].map(({ hosts, bytesPerPeer }) => hosts * bytesPerPeer) as [number, number]
    expect((more - less) / (large.hosts - small.hosts)).toBeLessThan(2_048)
  })
})
