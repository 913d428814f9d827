import { commandOf, runScenario } from './scenario.ts'
import { readSeeds } from './seed-file.ts'
import { World } from './world.ts'

/** Fresh seeds are run until so much time is spent; at least one is. */
const BUDGET_MS = 10_000
const FRESH_MAX = 40
/** They draw clusters without a manifest. */
const OPEN_SEEDS = [500064, 500094, 500106, 500114, 500119, 500127]
/** They draw routers that hand out addresses. */
const SERVING_SEEDS = [840023, 840033]

describe('a cluster that is put through faults', () => {
  it.each(readSeeds())('stays sound with seed $seed, once broken: $reason', ({ reason: _, ...options }) => {
    expect(runScenario(options).failure).toBeUndefined()
  })

  it.each(OPEN_SEEDS)('stays sound without a manifest, with seed %d', seed => {
    const { isOpen, failure } = runScenario({ seed })
    expect({ isOpen, failure }).toEqual({ isOpen: true, failure: undefined })
  })

  it.each(SERVING_SEEDS)('stays sound while containers and copies of hosts come and go, with seed %d', seed => {
    const { story, failure } = runScenario({ seed, hosts: 5, membership: 'certified' })
    expect(failure).toBeUndefined()
    expect(story.join()).toMatch(/run a copy.*wants an address|wants an address.*run a copy/)
  })

  it.each([
    { deed: 'a host that comes to an open cluster', seed: 500162, told: /h\d+ joins/ },
    { deed: 'hosts that leave an open cluster', seed: 500162, told: /which leaves/ },
    { deed: 'a copy of a host of an open cluster', seed: 500118, told: /run a copy/ },
    { deed: 'a process that is stopped in order', seed: 4001, hosts: 3, told: /: stop h\d/ },
  ])('stays sound with $deed', ({ deed: _, told, ...options }) => {
    const { story, failure } = runScenario(options)
    expect(failure).toBeUndefined()
    expect(story.join('\n')).toMatch(told)
  })

  it('stays sound with seeds that were never tried', () => {
    const startedAt = performance.now()
    const first = Date.now() % 1_000_000_000
    for (let seed = first; seed < first + FRESH_MAX; seed++) {
      const { failure } = runScenario({ seed })
      expect(failure === undefined ? {} : { failure, again: commandOf({ seed }) }).toEqual({})
      if (performance.now() - startedAt > BUDGET_MS) break
    }
  })

  it('is the same run for the same seed', () => {
    const [one, other] = [runScenario({ seed: 12 }), runScenario({ seed: 12 })]
    expect(other).toEqual(one)
    expect(one.story.length).toBeGreaterThan(0)
  })

  it('draws its last messages', () => {
    const { trace, virtualMs } = runScenario({ seed: 4, hosts: 2, faults: 'plain' })
    const [title, ...arrows] = trace.split('\n')
    expect(title).toBe('sequenceDiagram')
    expect(arrows.length).toBeGreaterThan(10)
    for (const arrow of arrows) {
      expect(arrow).toMatch(/^ {4}(h\d)-?->>(?!\1)h\d: [\d.]+ ms ((frame|probe|part) \d to \d|[a-z-]+)$/)
    }
    const times = arrows.map(arrow => Number(/([\d.]+) ms/.exec(arrow)?.[1]))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times.at(-1)).toBeGreaterThan(virtualMs - 2_000)
  })
})

describe('a router whose clock was set back while it was down', () => {
  it('outdoes the record of its earlier life at once, though its only neighbour has it', () => {
    const world = new World({ seed: 1 })
    world.define(['a', 'b'])
    world.wire('a', 'b')
    const manifest = world.cluster.manifest()
    world.start('a', ['b'], manifest)
    world.start('b', ['a'], manifest)
    world.run(3_000)
    world.kill('b')
    world.run(1_000)
    world.restart('b', undefined, 15n)
    world.run(3_000)
    const peers = world.host('a').router.status(world.now).peers
    expect(peers.map(peer => peer.isReachable)).toEqual([true, true])
  })
})

describe('a control link that is half open', () => {
  it('is noticed and replaced within 10 s', () => {
    const world = new World({ seed: 1 })
    world.define(['a', 'b'])
    world.wire('a', 'b')
    const manifest = world.cluster.manifest()
    world.start('a', ['b'], manifest)
    world.start('b', ['a'], manifest)
    world.run(3_000)
    world.links.halfOpen('a', 'b')
    world.run(10_000)
    const before = world.controlBytes
    world.run(3_000)
    expect(world.controlBytes).toBeGreaterThan(before)
    expect(
      world
        .host('a')
        .router.status(world.now)
        .peers.every(peer => peer.isReachable),
    ).toBe(true)
  })
})
