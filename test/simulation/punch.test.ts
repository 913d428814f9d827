import type { Output, PathStatus } from '../../src/core/router/index.ts'
import { broadcastFrame, talk, unicastFrame } from './convergence.ts'
import type { GatewayKind } from './gateway.ts'
import { moveHost } from './gateway-deeds.ts'
import { World, type WorldOptions } from './world.ts'

type Place = GatewayKind | 'open'
type Log = Extract<Output, { kind: 'log' }>

describe('two routers that have frames for each other', () => {
  it.each<{ a: Place; b: Place; path: PathStatus['kind'] }>([
    { a: 'full cone', b: 'full cone', path: 'punched' },
    { a: 'full cone', b: 'restricted', path: 'punched' },
    { a: 'full cone', b: 'symmetric', path: 'punched' },
    { a: 'restricted', b: 'restricted', path: 'punched' },
    { a: 'restricted', b: 'firewall', path: 'punched' },
    { a: 'firewall', b: 'firewall', path: 'direct' },
    { a: 'firewall', b: 'symmetric', path: 'relayed' },
    { a: 'restricted', b: 'symmetric', path: 'relayed' },
    { a: 'symmetric', b: 'symmetric', path: 'relayed' },
  ])('behind $a and $b are $path', ({ a, b, path }) => {
    const world = startSites({ a, b })
    talk(world, 12_000)
    expect([pathOf(world, 'a', 'b').kind, pathOf(world, 'b', 'a').kind]).toEqual([path, path])
    const relayed = relayedFrames(world)
    talk(world, 5_000)
    expect(relayedFrames(world) > relayed).toBe(path === 'relayed')
  })

  it('are told why they are relayed when both NATs show another port to each peer', () => {
    const world = startSites({ a: 'symmetric', b: 'symmetric' })
    talk(world, 12_000)
    expect(pathOf(world, 'a', 'b').reason).toMatch(
      /no answer at \d addresses: both NATs show another port to each peer/,
    )
  })

  it('keep the mappings of their NATs for hours', () => {
    const world = startSites({ a: 'restricted', b: 'restricted' })
    talk(world, 600_000)
    const relayed = relayedFrames(world)
    talk(world, 600_000)
    expect(relayedFrames(world)).toBe(relayed)
  })

  it('take the links again when the hole closes, and say so in the log', () => {
    const logged: string[] = []
    const heardLog = (host: string, { message, fields }: Log) => {
      logged.push(`${host} ${message}${message === 'path changed' ? ` ${fields.was} → ${fields.way}` : ''}`)
    }
    const world = startSites({ a: 'restricted', b: 'restricted' }, { heardLog })
    talk(world, 10_000)
    world.cut('a', 'b')
    talk(world, 10_000)
    expect(pathOf(world, 'a', 'b').kind).toBe('relayed')
    expect(logged).toEqual(expect.arrayContaining(['a direct path lost', 'b direct path lost']))
    for (const move of [/^a path changed by way of hub2? → direct$/, /^a path changed direct → by way of hub2?$/]) {
      expect(logged).toContainEqual(expect.stringMatching(move))
    }
    expect(world.host('a').router.status(world.now).wayChanges).toBeGreaterThanOrEqual(2)
    const before = world.host('b').injected.length
    talk(world, 1_000)
    expect(world.host('b').injected.length).toBeGreaterThan(before)
  })

  it('follow each other to another address within 5 s', () => {
    const world = startSites({ a: 'restricted', b: 'open' }, { hasWireBeside: false })
    talk(world, 10_000)
    world.underlay.takeOut('a')
    moveHost(world, 'a', '198.51.100.9')
    talk(world, 5_000)
    const before = world.host('a').injected.length
    talk(world, 2_000)
    expect(world.host('a').injected.length).toBeGreaterThan(before)
  })

  it('ask each other for punches seldom where none can help, and not at all once there are no frames', () => {
    const world = startSites({ a: 'symmetric', b: 'symmetric' })
    let punches = 0
    world.links.tap = (_, bytes) => {
      if (bytes[4] === 11) punches++
    }
    talk(world, 60_000)
    expect(punches).toBeLessThan(60)
    world.run(75_000)
    punches = 0
    world.run(120_000)
    expect(punches).toBe(0)
  })
})

describe('hosts of two sites, each behind one NAT, that all have frames for each other at once', () => {
  it('find each other, and nobody refuses one of their punches', () => {
    const [here, there] = [siteOf('here', 6), siteOf('there', 6)]
    const world = new World({ seed: 34, keepsWiretap: false })
    world.define(['hub', 'hub2', ...here, ...there])
    world.wireAll(['hub', 'hub2', ...here, ...there])
    for (const [i, site] of [here, there].entries()) {
      world.underlay.putBehind(site, { kind: 'restricted', publicIp: `203.0.113.${i + 1}`, mappingTimeoutMs: 30_000 })
    }
    const manifest = world.cluster.manifest()
    for (const name of world.cluster.members.map(member => member.name)) {
      world.start(
        name,
        ['hub', 'hub2'].filter(hub => hub !== name),
        manifest,
      )
    }
    world.run(3_000)
    for (const name of [...here, ...there]) world.send(name, broadcastFrame(world.member(name).shortId, 'here I am'))
    world.run(200)
    const pairs = here.flatMap(a => there.flatMap(b => [[a, b] as const, [b, a] as const]))
    for (let round = 0; round < 24; round++) {
      for (const [a, b] of pairs) {
        world.send(a, unicastFrame(world.member(a).shortId, world.member(b).shortId, 'hello'))
      }
      world.run(500)
    }
    expect(new Set(pairs.map(([a, b]) => pathOf(world, a, b).kind))).toEqual(new Set(['punched']))
    for (const { router } of world.hosts.values()) expect(router.status(world.now).refused).toEqual({})
  })
})

describe('a punch', () => {
  it('that a relay repeats or alters makes nobody send probes', () => {
    const kept: Uint8Array[] = []
    const world = startSites({ a: 'symmetric', b: 'symmetric' })
    world.links.tap = (from, bytes) => {
      if (from === 'hub' && bytes[4] === 11) kept.push(bytes)
    }
    talk(world, 2_000)
    expect(kept.length).toBeGreaterThan(0)
    world.links.tap = undefined
    world.run(120_000)
    const before = world.wiretap.length
    const altered = kept.map(bytes => bytes.map((byte, i) => (i === bytes.length - 70 ? byte ^ 1 : byte)))
    for (const bytes of [...kept, ...altered]) world.links.sendFromTo('hub', 'b', bytes)
    world.run(300)
    const probesOfB = world.wiretap.slice(before).filter(datagram => datagram[5] === 2 && datagram[7] === 1)
    expect(probesOfB).toEqual([])
  })
})

/** `a`, `b` where they are put, and `hub` and `hub2`, which are in the open. */
interface SiteOptions extends Pick<WorldOptions, 'heardLog'> {
  readonly hasWireBeside?: boolean
}

function startSites(
  places: Readonly<Record<'a' | 'b', Place>>,
  { hasWireBeside = true, ...options }: SiteOptions = {},
): World {
  const names = ['a', 'b', 'hub', 'hub2']
  const world = new World({ seed: 33, ...options })
  world.define(names)
  world.wireAll(names)
  for (const [i, name] of (['a', 'b'] as const).entries()) {
    const kind = places[name]
    if (kind === 'open') continue
    world.underlay.putBehind([name], { kind, publicIp: `203.0.113.${i + 1}`, mappingTimeoutMs: 30_000 })
  }
  const manifest = world.cluster.manifest()
  const targets = hasWireBeside ? ['hub', 'hub2'] : ['hub']
  for (const name of names) {
    world.start(
      name,
      targets.filter(other => other !== name),
      manifest,
    )
  }
  world.run(3_000)
  for (const name of ['a', 'b']) world.send(name, broadcastFrame(world.member(name).shortId, 'here I am'))
  world.run(200)
  return world
}

function siteOf(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${name}${i}`)
}

function pathOf(world: World, from: string, to: string): PathStatus {
  const { peers } = world.host(from).router.status(world.now)
  return peers.find(peer => peer.nickname === to)?.path ?? { kind: 'relayed', reason: 'unreachable' }
}

function relayedFrames(world: World): number {
  return ['hub', 'hub2'].reduce((sum, name) => sum + world.host(name).forwarder.counters.relayed, 0)
}
