import { World } from './world.ts'

/** What a router may say of itself, and how often, goes by the number of members; few of them have to run. */
const MEMBERS = Array.from({ length: 1_000 }, (_, i) => `m${i}`)
const NOTICED_WITHIN_MS = 5_000

describe('a cluster of a thousand members', () => {
  it('hears of each of several routers within five seconds, that die one after the other beside the same neighbour', () => {
    const [observer = '', relay = '', ...dying] = MEMBERS.slice(0, 6)
    const world = new World({ seed: 8 })
    world.define(MEMBERS)
    for (const other of [observer, ...dying]) world.wire(relay, other)
    const manifest = world.cluster.manifest()
    for (const name of [relay, observer, ...dying]) {
      world.start(name, name === relay ? [] : [relay], manifest)
      // So that heartbeats do not fall together, nor losses.
      world.run(350)
    }
    world.run(15_000)
    const reached = () =>
      world
        .host(observer)
        .router.status(world.now)
        .peers.filter(peer => peer.isReachable)
    expect(reached()).toHaveLength(dying.length + 2)
    const diedAt = new Map<string, number>()
    const noticedAfter = new Map<string, number>()
    for (let step = 0; noticedAfter.size < dying.length && step < 100; step++) {
      const next = step % 5 === 0 ? dying[diedAt.size] : undefined
      if (next !== undefined) {
        world.cut(relay, next)
        diedAt.set(next, world.now)
      }
      world.run(100)
      const alive = reached().map(peer => peer.nickname)
      for (const [name, at] of diedAt) {
        if (!alive.includes(name) && !noticedAfter.has(name)) noticedAfter.set(name, world.now - at)
      }
    }
    expect([...noticedAfter.keys()]).toEqual(dying)
    expect(Math.max(...noticedAfter.values())).toBeLessThanOrEqual(NOTICED_WITHIN_MS)
  })
})
