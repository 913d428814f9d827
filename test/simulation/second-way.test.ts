import { FastKernels } from './fast-kernels.ts'
import { World } from './world.ts'

const CHAIN = ['a', 'b', 'c'] as const
const SIDES = ['a', 'b'] as const
/** Silence of the clear way, and what it takes routers to tell each other. */
const LEFT_MS = 3_000

describe('the fast path of a chain of hosts with WireGuard, whose clear way a firewall closes', () => {
  it('goes through the tunnel between the two on both sides, and back in the clear, and is gone only for as long as silence takes', () => {
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
    const [there, back] = moves.filter(text => text.startsWith('a: b '))
    expect(there).toMatch(/ → through WireGuard: (no probe was answered for 2000 ms|b gets no answers from here)$/)
    expect(back).toMatch(/^a: b through WireGuard → direct at .+: probes are answered$/)

    function floodOf(source: string): readonly string[] {
      return kernels
        .floodFrom(world, source)
        .map(copy => copy.join(' '))
        .sort()
    }
  })

  it('keeps to the clear way over a host between where there is one', () => {
    const { world, kernels } = start([['a', 'c']])
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

/** `wires`: besides those of the chain. */
function start(wires: readonly (readonly [string, string])[] = []) {
  const kernels = new FastKernels()
  const moves: string[] = []
  const world = new World({
    seed: 5,
    keepsWiretap: false,
    trusted: ['192.168.0.0/16'],
    hasTunnels: true,
    broken: { router: (router, name) => kernels.watch(router, name) },
    heardLog: (host, { message, fields }) => {
      if (message === 'path changed' && fields.path === 'fastdp' && fields.way !== undefined)
        moves.push(`${host}: ${fields.nickname} ${fields.was} → ${fields.way}: ${fields.reason}`)
    },
  })
  world.define(CHAIN)
  for (const [a, b] of [['a', 'b'], ['b', 'c'], ...wires] as const) world.wire(a, b)
  const manifest = world.cluster.manifest()
  for (const name of CHAIN) world.start(name, CHAIN, manifest)
  return { world, kernels, moves }
}
