import { unicastFrame } from './convergence.ts'
import { World } from './world.ts'

const HOSTS = 12
const NAMES = Array.from({ length: HOSTS }, (_, i) => `h${i + 1}`)
const FLAPPING = 'h5'
const STEADY = NAMES.filter(name => name !== FLAPPING)
const FLAP_MS = 2_000
const FLAPS = 15
/** Some 6,300 here, and 7,300 among 20 hosts: all that it and its neighbours say crosses each link once, or twice at one time. */
const BYTES_PER_SECOND_MAX = 8_000

describe('a host that starts again each other second, for half a minute', () => {
  const world = startAll()
  const before = world.controlBytes
  const reached = new Set<number>()
  for (let flap = 0; flap < FLAPS; flap++) {
    world.kill(FLAPPING)
    world.run(FLAP_MS / 2)
    world.restart(FLAPPING)
    world.send('h1', unicastFrame(1, HOSTS, `flap ${flap}`))
    world.run(FLAP_MS / 2)
    for (const name of STEADY) reached.add(reachableFrom(world, name).filter(peer => peer !== FLAPPING).length)
  }
  const bytes = (world.controlBytes - before) / ((FLAPS * FLAP_MS) / 1_000) / HOSTS

  it('makes each router say a bounded number of bytes', () => {
    expect(bytes).toBeLessThan(BYTES_PER_SECOND_MAX)
  })

  it('keeps the others neither from each other nor frames between them', () => {
    expect([...reached]).toEqual([STEADY.length])
    expect(world.host(`h${HOSTS}`).injected).toHaveLength(FLAPS)
  })

  it('is reached by all, soon after it stays', () => {
    world.run(10_000)
    for (const name of NAMES) expect(reachableFrom(world, name)).toHaveLength(HOSTS)
  })
})

function reachableFrom(world: World, name: string): readonly string[] {
  const host = world.host(name)
  const { peers } = host.router.status(host.clockAt(world.now))
  return peers.filter(peer => peer.isReachable).map(peer => peer.nickname)
}

function startAll(): World {
  const world = new World({ seed: 31, keepsWiretap: false })
  world.define(NAMES)
  world.wireAll(NAMES)
  const manifest = world.cluster.manifest()
  for (const name of NAMES) {
    world.start(
      name,
      NAMES.filter(other => other !== name),
      manifest,
    )
  }
  world.run(10_000)
  return world
}
