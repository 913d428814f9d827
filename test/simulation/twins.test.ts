import { broadcastFrame } from './convergence.ts'
import { World } from './world.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e']
const CLONE = 'b2'
const CLONE_IP = '192.168.9.9'

describe('a host whose disk runs twice', () => {
  it('is named on every router, with both addresses', () => {
    const world = startWithClone()
    world.run(70_000)
    for (const name of [...NAMES, CLONE]) {
      const at = Object.values(twinsAt(world, name) ?? {}).map(place => place.split(':')[0])
      expect({ name, at: at.sort() }).toEqual({ name, at: ['192.168.0.2', CLONE_IP] })
    }
  })

  it('costs little: the two do not outbid each other for ever', () => {
    const world = startWithClone()
    world.run(30_000)
    const before = world.controlBytes
    world.run(60_000)
    expect((world.controlBytes - before) / 60 / NAMES.length).toBeLessThan(500)
  })

  it('does not keep the others from each other', () => {
    const world = startWithClone()
    for (let i = 0; i < 10; i++) {
      world.run(3_000)
      world.send('a', broadcastFrame(1, `round ${i}`))
    }
    world.run(200)
    for (const name of ['c', 'd', 'e']) expect(world.host(name).injected).toHaveLength(10)
  })

  it('is in no contact for address space while nobody hears the one that is left', () => {
    const world = startWithClone()
    world.run(30_000)
    const [heard, muted] = hasContact(world, 'b') ? ['b', CLONE] : [CLONE, 'b']
    world.kill(heard)
    world.run(6_000)
    expect(reachableFrom(world, muted).length).toBeGreaterThan(1)
    expect(hasContact(world, muted)).toBe(false)
    world.run(84_000)
    expect(hasContact(world, muted)).toBe(true)
  })

  it.each(['b', CLONE])('is one again, and reached by all, within 90 s after %s stops', stopped => {
    const world = startWithClone()
    world.run(30_000)
    world.kill(stopped)
    world.run(90_000)
    const left = stopped === 'b' ? CLONE : 'b'
    for (const name of ['a', 'c', 'd', 'e']) expect(reachableFrom(world, name)).toHaveLength(NAMES.length)
    const before = world.host(left).injected.length
    world.send('a', broadcastFrame(1, 'to the one that is left'))
    world.run(200)
    expect(world.host(left).injected.length).toBe(before + 1)
    world.run(200_000)
    expect(NAMES.filter(name => name !== stopped).map(name => twinsAt(world, name))).toEqual(
      NAMES.filter(name => name !== stopped).map(() => undefined),
    )
  })
})

describe('a router that is started again', () => {
  it('is not taken for two, whether its clock was set back or not', () => {
    const world = start()
    for (const setBack of [0n, 15n]) {
      world.kill('b')
      world.run(1_000)
      world.restart('b', undefined, setBack)
      world.run(20_000)
    }
    expect(NAMES.map(name => twinsAt(world, name))).toEqual(NAMES.map(() => undefined))
  })
})

function startWithClone(): World {
  const world = start()
  for (const name of NAMES) if (name !== 'b') world.wire(name, CLONE)
  world.underlay.place(CLONE, CLONE_IP)
  world.clone('b', CLONE)
  return world
}

/** For its addresses, with others. */
function hasContact(world: World, name: string): boolean {
  const host = world.host(name)
  const status = host.router.shared?.ipam?.status(host.clockAt(world.now))
  return status?.peers.some(({ isSelf, isReachable }) => isReachable && !isSelf) === true
}

function start(): World {
  const world = new World({ seed: 8, hasTopics: true })
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
  world.run(5_000)
  return world
}

function twinsAt(world: World, name: string) {
  const { peers } = world.host(name).router.status(world.host(name).clockAt(world.now))
  return peers.find(peer => peer.shortId === 2)?.twins
}

function reachableFrom(world: World, name: string): readonly string[] {
  const { peers } = world.host(name).router.status(world.host(name).clockAt(world.now))
  return peers.filter(peer => peer.isReachable).map(peer => peer.nickname)
}
