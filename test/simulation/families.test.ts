import { parseEndpoint } from '../../src/base/endpoint.ts'
import type { ConnectionStatus, PathStatus } from '../../src/core/router/index.ts'
import { broadcastFrame, converge, exchangeBroadcasts, unicastFrame } from './convergence.ts'
import { World } from './world.ts'

const NEW = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8::4', '2001:db8::5']
const OLD = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5']

describe('routers with addresses of different families', () => {
  it('all reach each other where a relay has both', () => {
    const world = startWorld({ a: [OLD[0]], b: [OLD[1]], relay: [OLD[2], NEW[2]], c: [NEW[3]], d: [NEW[4]] }, ['relay'])
    world.run(5_000)
    const names = [...world.hosts.keys()]
    converge(world, names)
    exchangeBroadcasts(world, names)
    expect(remotes(world, 'a', 'relay')).toEqual([OLD[2]])
    expect(remotes(world, 'd', 'relay')).toEqual([NEW[2]])
    expect(world.host('relay').forwarder.counters.relayed).toBeGreaterThan(0)
  })

  it('need no IPv4 at all, and find direct paths beside their links', () => {
    const world = startWorld({ a: [NEW[0]], b: [NEW[1]], hub: [NEW[2]] }, ['hub'])
    world.run(5_000)
    talk(world, 5_000)
    expect([pathOf(world, 'a', 'b')?.kind, pathOf(world, 'b', 'a')?.kind]).toEqual(['direct', 'direct'])
    expect(pathOf(world, 'a', 'b')?.mtu).toBeGreaterThan(1_300)
  })

  it.each([
    { blocked: 'IPv6', ips: NEW, left: OLD },
    { blocked: 'IPv4', ips: OLD, left: NEW },
  ])('of both send datagrams over the other family where $blocked loses them', ({ ips, left }) => {
    const world = startWorld({ a: [OLD[0], NEW[0]], b: [OLD[1], NEW[1]] }, ['b'])
    for (const ip of ips) world.underlay.loseDatagramsTo(ip)
    world.run(5_000)
    const [link, ...others] = connections(world, 'a')
    expect([link?.state, others]).toEqual(['established', []])
    expect(link?.info).not.toContain('over tls')
    expect(left).toContain(datagramsTo(link!))
    world.send('a', broadcastFrame(1, 'over what is left'))
    world.run(100)
    expect(world.host('b').injected).toHaveLength(1)
  })
})

/** By name, the addresses of each; all dial `targets`. */
function startWorld(
  places: Readonly<Record<string, readonly (string | undefined)[]>>,
  targets: readonly string[],
): World {
  const names = Object.keys(places)
  const world = new World({ seed: 46 })
  world.define(names, name => (places[name] ?? []).flatMap(ip => ip ?? []))
  world.wireAll(names)
  const manifest = world.cluster.manifest()
  for (const name of names) {
    world.start(
      name,
      targets.filter(other => other !== name),
      manifest,
    )
  }
  return world
}

function talk(world: World, forMs: number): void {
  for (const name of ['a', 'b']) world.send(name, broadcastFrame(world.member(name).shortId, 'here I am'))
  for (let passed = 0; passed < forMs; passed += 500) {
    world.send('a', unicastFrame(1, 2, 'to b'))
    world.send('b', unicastFrame(2, 1, 'to a'))
    world.run(500)
  }
}

function connections(world: World, name: string): readonly ConnectionStatus[] {
  return world.host(name).router.status(world.now).connections
}

function datagramsTo({ info, address }: ConnectionStatus): string {
  const moved = parseEndpoint(/datagrams go to (\S+)/.exec(info)?.[1] ?? '', 6783)
  return moved.ok ? moved.value.ip : address.ip
}

function remotes(world: World, name: string, nickname: string): readonly string[] {
  const { peers } = world.host(name).router.status(world.now)
  const peer = peers.find(each => each.nickname === name)
  return peer?.connections.filter(each => each.nickname === nickname).map(({ address }) => address.ip) ?? []
}

function pathOf(world: World, from: string, to: string): PathStatus | undefined {
  return world
    .host(from)
    .router.status(world.now)
    .peers.find(peer => peer.nickname === to)?.path
}
