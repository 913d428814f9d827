import { broadcastFrame } from './convergence.ts'
import { GATEWAY_KINDS, type GatewayKind } from './gateway.ts'
import { moveHost, restartGateway } from './gateway-deeds.ts'
import { MARKER } from './invariants.ts'
import { World } from './world.ts'

describe('routers in sites of their own', () => {
  it.each(GATEWAY_KINDS)('reach each other through a host in the open, each behind a %s', kind => {
    const world = startSites({ a: kind, b: kind })
    expect(reachableFrom(world, 'a')).toEqual(['a', 'b', 'open'])
    world.send('a', broadcastFrame(1, 'across'))
    world.run(200)
    expect(textsAt(world, 'b')).toEqual([`${MARKER}: across.`])
  })

  it('keep the mappings of their links alive for hours', () => {
    const world = startSites({ a: 'symmetric', b: 'restricted' })
    world.run(2 * 3_600_000)
    expect(reachableFrom(world, 'a')).toEqual(['a', 'b', 'open'])
  })

  it('are back within 15 s when their gateway was switched off and on', () => {
    const world = startSites({ a: 'symmetric', b: 'restricted' })
    restartGateway(world, 'a')
    world.run(15_000)
    expect(reachableFrom(world, 'a')).toEqual(['a', 'b', 'open'])
  })

  it('are followed within 15 s when they move to another address', () => {
    const world = startSites({ a: 'symmetric' })
    moveHost(world, 'b', '198.51.100.77')
    world.run(15_000)
    expect(reachableFrom(world, 'b')).toEqual(['a', 'b', 'open'])
  })

  it('exchange frames over the link itself where no datagram passes', () => {
    const world = startSites({ a: 'firewall' }, true)
    expect(reachableFrom(world, 'open')).toEqual(['a', 'b', 'open'])
    world.send('a', broadcastFrame(1, 'over the link'))
    world.run(200)
    for (const name of ['open', 'b']) expect(textsAt(world, name)).toEqual([`${MARKER}: over the link.`])
    const toA = world
      .host('open')
      .router.status(world.now)
      .connections.filter(({ peer }) => peer?.nickname === 'a')
    expect(toA).toMatchObject([{ state: 'established', info: expect.stringContaining('sleeve over tls: ') }])
  })
})

describe('a wire that takes little', () => {
  it('keeps its link and passes small frames, while large ones vanish', () => {
    const world = startSites({})
    for (const to of ['b', 'open']) world.network.limitDatagrams(['a', to], 200)
    world.run(10_000)
    world.send('a', broadcastFrame(1, 'small'))
    world.send('a', broadcastFrame(1, 'large'.repeat(100)))
    world.run(200)
    expect(textsAt(world, 'b')).toEqual([`${MARKER}: small.`])
  })

  it('drops what its queue cannot hold, and delivers the rest late', () => {
    const world = startSites({})
    for (const to of ['b', 'open']) world.network.narrow(['a', to], { bytesPerSecond: 5_000, queueBytesMax: 2_500 })
    for (let i = 0; i < 100; i++) world.send('a', broadcastFrame(1, `frame ${i}`))
    world.run(100)
    const early = textsAt(world, 'b').length
    world.run(3_000)
    expect(textsAt(world, 'b').length).toBeGreaterThan(early)
    expect(textsAt(world, 'b').length).toBeLessThan(50)
  })
})

describe('a machine that takes the place of another', () => {
  it('is the one that its peers reach, though its address and number are the same', () => {
    const world = startSites({})
    world.replace('b')
    const manifest = world.cluster.manifest()
    world.tell('open', { kind: 'manifest', signed: manifest })
    world.start('b', ['a', 'open'], manifest)
    world.run(5_000)
    expect(reachableFrom(world, 'a')).toEqual(['a', 'b', 'open'])
    world.send('a', broadcastFrame(1, 'to the other one'))
    world.run(200)
    expect(textsAt(world, 'b')).toEqual([`${MARKER}: to the other one.`])
  })
})

/** `a`, `b` and `open`, all wired; each of `gateways` has one of its own. Runs until all is quiet. */
function startSites(gateways: Readonly<Record<string, GatewayKind>>, blocksUdp = false): World {
  const names = ['a', 'b', 'open']
  const world = new World({ seed: 21 })
  world.define(names)
  world.wireAll(names)
  for (const [i, [name, kind]] of Object.entries(gateways).entries()) {
    world.underlay.putBehind([name], { kind, publicIp: `203.0.113.${i + 1}`, mappingTimeoutMs: 30_000, blocksUdp })
  }
  const manifest = world.cluster.manifest()
  for (const name of names) {
    world.start(
      name,
      names.filter(other => other !== name),
      manifest,
    )
  }
  world.run(5_000)
  return world
}

function reachableFrom(world: World, name: string): readonly string[] {
  const { peers } = world.host(name).router.status(world.host(name).clockAt(world.now))
  return peers
    .filter(peer => peer.isReachable)
    .map(peer => peer.nickname)
    .sort()
}

function textsAt(world: World, name: string): readonly string[] {
  return world.host(name).injected.map(frame => Buffer.from(frame.subarray(14)).toString())
}
