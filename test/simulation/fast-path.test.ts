import { FastKernels } from './fast-kernels.ts'
import { SeededRandom } from './random.ts'
import { World, type WorldOptions } from './world.ts'

const PRICE = 500
type Wire = readonly [string, string]

describe('the fast path of a cluster with a relay behind dear lines, and a way round it that has more hops', () => {
  const names = ['metered', 'x', 'y', 'near-x', 'near-y']
  const wires: readonly Wire[] = [
    ['x', 'metered'],
    ['metered', 'y'],
    ['x', 'near-x'],
    ['near-x', 'near-y'],
    ['near-y', 'y'],
  ]

  it('goes round it, with floods too, while there is that way, and over it when there is not', () => {
    const { world, kernels } = start(names, wires, { metered: { x: PRICE, y: PRICE } })
    const ways = () => [kernels.wayOf(world, 'x', 'y'), kernels.wayOf(world, 'y', 'x')]
    const round = ['x', 'near-x', 'near-y', 'y']
    kernels.run(world, 20_000)
    expect(ways()).toEqual([round, [...round].reverse()])
    expect(kernels.wayOf(world, 'metered', 'x')).toEqual(['metered', 'x'])
    expect(floodOf(kernels, world, 'y')).toEqual(['near-x x', 'near-y near-x', 'y metered', 'y near-y'])
    world.kill('near-y', true)
    kernels.run(world, 10_000)
    expect(ways()).toEqual([
      ['x', 'metered', 'y'],
      ['y', 'metered', 'x'],
    ])
    expect(floodOf(kernels, world, 'y')).toEqual(['metered x', 'x near-x', 'y metered'])
    world.restart('near-y')
    kernels.run(world, 30_000)
    expect(ways()).toEqual([round, [...round].reverse()])
    expect(floodOf(kernels, world, 'x')).toEqual(['near-x near-y', 'near-y y', 'x metered', 'x near-x'])
  })
})

describe('the fast path of a cluster with two relays between two hosts', () => {
  const names = ['one', 'x', 'y', 'two']
  const wires = ['one', 'two'].flatMap((relay): readonly Wire[] => [
    ['x', relay],
    [relay, 'y'],
  ])

  it('leaves the one whose link loses probes, as all have heard, and comes back when it is sound, not sooner', () => {
    const random = new SeededRandom(1)
    let loss = 0.25
    const isLossy = (from: string, to: string) => [from, to].sort().join() === 'one,y'
    const kernels = new FastKernels((from, to) => (isLossy(from, to) && random.chance(loss) ? undefined : 0.1))
    const { world } = start(names, wires, {}, kernels)
    const ways = { x: kernels.wayOf.bind(kernels, world, 'x', 'y'), y: kernels.wayOf.bind(kernels, world, 'y', 'x') }
    kernels.run(world, 3_000)
    expect(ways.x()).toEqual(['x', 'one', 'y'])
    kernels.run(world, 40_000)
    expect([ways.x(), ways.y()]).toEqual([
      ['x', 'two', 'y'],
      ['y', 'two', 'x'],
    ])
    expect(floodOf(kernels, world, 'x')).toEqual(['two y', 'x one', 'x two'])
    const taken = new Set<string>()
    kernels.run(world, 60_000, () => taken.add(`${ways.x()} ${ways.y()}`))
    expect([...taken]).toEqual(['x,two,y y,two,x'])
    loss = 0
    kernels.run(world, 200_000)
    expect([ways.x(), ways.y()]).toEqual([
      ['x', 'one', 'y'],
      ['y', 'one', 'x'],
    ])
  })

  it('changes ways seldom while the latency of one goes up and down, and has no frame go in circles', () => {
    const roundTripMs = { one: 0.1, two: 0.1 }
    const relayOf = (from: string, to: string) => (from === 'one' || to === 'one' ? 'one' : 'two')
    const kernels = new FastKernels((from, to) => roundTripMs[relayOf(from, to)])
    const { world } = start(names, wires, {}, kernels)
    kernels.run(world, 3_000)
    const taken: string[] = []
    for (let i = 0; i < 24; i++) {
      roundTripMs.one = i % 2 === 0 ? 40 : 0.1
      kernels.run(world, 5_000, () => {
        const way = kernels.wayOf(world, 'x', 'y')
        expect(way.at(-1)).toBe('y')
        taken.push(way.join())
      })
    }
    const changes = taken.filter((way, i) => i > 0 && way !== taken[i - 1])
    expect(changes.length).toBeGreaterThan(0)
    // The latency changes 24 times in these two minutes.
    expect(changes.length).toBeLessThanOrEqual(6)
  })
})

describe.each([1, 2, 3])('the fast path of a cluster with prices drawn from seed %i', seed => {
  it('has each frame go the cheapest way, and each flood come to all once', () => {
    const random = new SeededRandom(seed)
    const names = Array.from({ length: 8 }, (_, i) => `h${i + 1}`)
    const chain = names.slice(1).map((name, i): Wire => [`h${i + 1}`, name])
    const draw = () => `h${random.between(1, names.length)}`
    const drawn = Array.from({ length: 8 }, (): Wire => [draw(), draw()])
    const wires = [...chain, ...drawn.filter(([a, b]) => a < b)]
    const prices: Record<string, Record<string, number>> = {}
    for (const [a, b] of wires) if (random.chance(0.4)) prices[a] = { ...prices[a], [b]: random.between(2, 60) }
    const { world, kernels } = start(names, wires, prices)
    kernels.run(world, 30_000)
    const costs = cheapest(names, wires, (a, b) => Math.max(8, prices[a]?.[b] ?? 0, prices[b]?.[a] ?? 0))
    const costOf = (way: readonly string[]) =>
      way.slice(1).reduce((sum, to, i) => sum + costs.link(way[i] ?? '', to), 0)
    for (const from of names) {
      for (const to of names) {
        const way = kernels.wayOf(world, from, to)
        expect([way.at(-1), costOf(way)]).toEqual([to, costs.way(from, to)])
      }
      const heard = kernels.floodFrom(world, from).map(([, to]) => to)
      expect(heard.sort()).toEqual(names.filter(name => name !== from))
    }
  })
})

function start(
  names: readonly string[],
  wires: readonly Wire[],
  linkCosts: NonNullable<WorldOptions['linkCosts']>,
  kernels = new FastKernels(),
) {
  const world = new World({
    seed: 5,
    keepsWiretap: false,
    linkCosts,
    trusted: ['192.168.0.0/16'],
    broken: { router: (router, name) => kernels.watch(router, name) },
  })
  world.define(names)
  for (const [a, b] of wires) world.wire(a, b)
  const manifest = world.cluster.manifest()
  for (const name of names) world.start(name, names, manifest)
  return { world, kernels }
}

function floodOf(kernels: FastKernels, world: World, source: string): readonly string[] {
  return kernels
    .floodFrom(world, source)
    .map(copy => copy.join(' '))
    .sort()
}

/** What ways between all cost, by trying each host in between (Floyd and Warshall). */
function cheapest(names: readonly string[], wires: readonly Wire[], linkCost: (a: string, b: string) => number) {
  const all = new Map(names.map(name => [`${name} ${name}`, 0]))
  for (const [a, b] of wires) for (const way of [`${a} ${b}`, `${b} ${a}`]) all.set(way, linkCost(a, b))
  const way = (a: string, b: string) => all.get(`${a} ${b}`) ?? Number.POSITIVE_INFINITY
  for (const by of names)
    for (const a of names) for (const b of names) all.set(`${a} ${b}`, Math.min(way(a, b), way(a, by) + way(by, b)))
  return { link: linkCost, way }
}
