import { FastKernels } from './fast-kernels.ts'
import { World } from './world.ts'

const CHAIN = ['a', 'b', 'c'] as const
const SIDES = ['a', 'b'] as const
/** Until the next question, some that are not answered in steps of the kernels, and what it takes routers to tell each other. */
const LEFT_MS = 1_000

describe('the fast path of a chain of hosts with WireGuard, whose clear way a firewall closes', () => {
  it('goes through the tunnel between the two on both sides, and back in the clear, and is gone for some questions only', () => {
    const { world, kernels, moves } = start()
    const way = (from: string, to: string) => kernels.wayOf(world, from, to).join('')
    const sealed = () => [kernels.isSealed(world, 'a', 'b'), kernels.isSealed(world, 'b', 'a')]
    kernels.run(world, 20_000)
    expect([way('a', 'c'), way('c', 'a'), ...sealed()]).toEqual(['abc', 'cba', false, false])

    kernels.firewall(...SIDES, 'drop')
    kernels.run(world, LEFT_MS)
    expect([way('a', 'b'), way('b', 'a'), ...sealed()]).toEqual(['ab', 'ba', true, true])
    kernels.run(world, 30_000, () => expect([way('a', 'b'), way('b', 'a')]).toEqual(['ab', 'ba']))
    // Nothing is relayed into a tunnel.
    expect([way('a', 'c'), way('c', 'a'), way('b', 'c')]).toEqual(['a', 'c', 'bc'])
    expect(floodOf('a')).toEqual(['a b'])
    expect(floodOf('b')).toEqual(['b a', 'b c'])

    kernels.firewall(...SIDES, 'take')
    kernels.run(world, 60_000, () => expect([way('a', 'b'), way('b', 'a')]).toEqual(['ab', 'ba']))
    expect([way('a', 'c'), way('c', 'a'), ...sealed()]).toEqual(['abc', 'cba', false, false])
    expect(floodOf('a')).toEqual(['a b', 'b c'])
    const [there, back] = moves.filter(text => text.startsWith('a: b ') && text.includes(' → '))
    expect(there).toMatch(
      / → through WireGuard: (probes in a row were not answered, while those through WireGuard were|b gets no answers from here)$/,
    )
    expect(back).toMatch(/^a: b through WireGuard → direct at .+: probes are answered$/)

    function floodOf(source: string): readonly string[] {
      return kernels
        .floodFrom(world, source)
        .map(copy => copy.join(' '))
        .sort()
    }
  })

  it('takes the sleeve on both sides as soon, where there is no tunnel, and comes back when that has lasted', () => {
    const { world, kernels, moves } = start({ hasTunnels: false })
    kernels.run(world, 20_000)
    kernels.firewall(...SIDES, 'drop')
    kernels.run(world, LEFT_MS)
    const ways = () => [kernels.wayOf(world, 'a', 'b'), kernels.wayOf(world, 'b', 'a')]
    expect(ways()).toEqual([['a'], ['b']])
    kernels.run(world, 20_000, () => expect(ways()).toEqual([['a'], ['b']]))
    kernels.firewall(...SIDES, 'take')
    kernels.run(world, 15_000)
    expect(ways()).toEqual([
      ['a', 'b'],
      ['b', 'a'],
    ])
    expect(moves.filter(text => text.startsWith('a: b ')).slice(1)).toEqual([
      expect.stringMatching(
        / sleeve: (probes in a row were not answered, while those by the sleeve were|b gets no answers from here)$/,
      ),
      'a: b fastdp: probes are answered',
    ])
  })

  it('stays where it is while nothing at all passes for a moment', () => {
    const { world, kernels } = start()
    kernels.run(world, 20_000)
    for (const silentMs of [200, 600, 1_100]) {
      world.cut(...SIDES)
      kernels.run(world, silentMs)
      world.heal()
      kernels.run(world, 10_000)
    }
    for (const name of SIDES) {
      const { links = [] } = world.host(name).router.status(world.now).fastPath ?? {}
      expect(links.map(({ isOpen, losses }) => [isOpen, losses])).toEqual(links.map(() => [true, 0]))
    }
  })

  it('keeps to the clear way over a host between where there is one', () => {
    const { world, kernels } = start({ wires: [['a', 'c']] })
    kernels.firewall(...SIDES, 'drop')
    kernels.run(world, 30_000)
    expect(kernels.wayOf(world, 'a', 'b')).toEqual(['a', 'c', 'b'])
    expect(kernels.floodFrom(world, 'a')).toEqual([
      ['a', 'c'],
      ['c', 'b'],
    ])
  })

  it('goes through the tunnel again when a host has come back that was gone', () => {
    const { world, kernels } = start()
    kernels.firewall(...SIDES, 'drop')
    kernels.run(world, 20_000)
    expect(kernels.isSealed(world, 'a', 'b')).toBe(true)
    world.kill('b', true)
    kernels.run(world, 10_000)
    expect(kernels.wayOf(world, 'a', 'b')).toEqual(['a'])
    world.restart('b')
    kernels.run(world, 40_000)
    expect([kernels.wayOf(world, 'a', 'b'), kernels.isSealed(world, 'a', 'b')]).toEqual([['a', 'b'], true])
  })
})

interface Setting {
  /** Besides those of the chain. */
  readonly wires?: readonly (readonly [string, string])[]
  readonly hasTunnels?: boolean
}

function start({ wires = [], hasTunnels = true }: Setting = {}) {
  const kernels = new FastKernels()
  const moves: string[] = []
  const world = new World({
    seed: 5,
    keepsWiretap: false,
    trusted: ['192.168.0.0/16'],
    hasTunnels,
    broken: { router: (router, name) => kernels.watch(router, name) },
    heardLog: (host, { message, fields }) => {
      if (message !== 'path changed') return
      const way = fields.way === undefined ? fields.path : `${fields.was} → ${fields.way}`
      moves.push(`${host}: ${fields.nickname} ${way}: ${fields.reason}`)
    },
  })
  world.define(CHAIN)
  for (const [a, b] of [['a', 'b'], ['b', 'c'], ...wires] as const) world.wire(a, b)
  const manifest = world.cluster.manifest()
  for (const name of CHAIN) world.start(name, CHAIN, manifest)
  return { world, kernels, moves }
}
