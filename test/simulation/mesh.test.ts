import { LINKS_MAX } from '../../src/core/router/dial-policy.ts'
import type { ForwardingTable, RouterMachine } from '../../src/core/router/index.ts'
import { World } from './world.ts'
import type { WorldOptions } from './world-options.ts'

const NAMES = Array.from({ length: 30 }, (_, i) => `h${i}`)

describe('a mesh of many routers', () => {
  it('is connected, and no router has more links than its limit, though all know all addresses', () => {
    const world = startAll(NAMES)
    world.run(5000)
    for (const name of NAMES) {
      expect(reachableFrom(world, name)).toHaveLength(NAMES.length)
      expect(linksOf(world, name).length).toBeLessThanOrEqual(LINKS_MAX)
    }
    const links = NAMES.reduce((sum, name) => sum + linksOf(world, name).length, 0)
    expect(links / NAMES.length).toBeLessThan(20)
  })

  it('wakes the data plane for what is new to it only, however much changes elsewhere', () => {
    const tables = new Map<string, string[]>()
    const watched = (router: RouterMachine, name: string) => {
      const drain = () => {
        const outputs = router.drain()
        for (const output of outputs)
          if (output.kind === 'forwarding') said(tables, name).push(textOfTable(output.table))
        return outputs
      }
      return new Proxy(router, { get: (own, part) => (part === 'drain' ? drain : partOf(own, part)) })
    }
    const world = startAll(NAMES, { broken: { router: watched } })
    world.run(5000)
    for (const name of NAMES) {
      const told = said(tables, name)
      expect(told.length).toBeGreaterThan(1)
      expect(told.filter((table, i) => table === told[i - 1])).toEqual([])
    }
  })

  it('sends frames straight to a peer without a link once there were some', () => {
    const world = startAll(NAMES)
    world.run(5000)
    const far = NAMES.find(name => name !== 'h0' && !linksOf(world, 'h0').includes(name)) ?? ''
    world.send(far, frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:0f', 'here I am'))
    world.run(100)
    world.send('h0', frame('02:00:00:00:00:0f', '02:00:00:00:00:00', 'over a relay'))
    world.run(1000)
    const relayed = relayedBy(world)
    world.send('h0', frame('02:00:00:00:00:0f', '02:00:00:00:00:00', 'straight'))
    world.run(100)
    expect(relayedBy(world)).toBe(relayed)
    expect(world.host(far).injected.slice(-2).map(textOf)).toEqual(['over a relay', 'straight'])
  })

  it('goes back to the relay when the direct path falls silent', () => {
    const world = startAll(NAMES)
    world.run(5000)
    const far = NAMES.find(name => name !== 'h0' && !linksOf(world, 'h0').includes(name)) ?? ''
    world.send(far, frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:0f', 'here I am'))
    world.run(100)
    world.send('h0', frame('02:00:00:00:00:0f', '02:00:00:00:00:00', 'first'))
    world.run(2000)
    world.cut('h0', far)
    world.run(8000)
    world.send('h0', frame('02:00:00:00:00:0f', '02:00:00:00:00:00', 'still there'))
    world.run(100)
    expect(world.host(far).injected.map(textOf)).toContain('still there')
  })

  it('holds together when a third of its routers die at once', () => {
    const world = startAll(NAMES)
    world.run(5000)
    const dead = NAMES.filter((_, i) => i % 3 === 0)
    for (const name of dead) world.kill(name)
    world.run(10_000)
    const alive = NAMES.filter(name => !dead.includes(name))
    for (const name of alive) expect(reachableFrom(world, name)).toEqual(alive)
  })

  it('takes every leaf of a star, however many: nobody else can reach them', () => {
    const world = new World({ seed: 3 })
    world.define(NAMES)
    for (const name of NAMES.slice(1)) world.wire('h0', name)
    const manifest = world.cluster.manifest()
    for (const name of NAMES)
      world.start(
        name,
        ['h0'].filter(target => target !== name),
        manifest,
      )
    world.run(10_000)
    for (const name of NAMES) expect(reachableFrom(world, name)).toHaveLength(NAMES.length)
  })
})

function startAll(names: readonly string[], options: Omit<WorldOptions, 'seed'> = {}): World {
  const world = new World({ ...options, seed: 11 })
  world.define(names)
  world.wireAll(names)
  const manifest = world.cluster.manifest()
  for (const name of names)
    world.start(
      name,
      names.filter(target => target !== name),
      manifest,
    )
  return world
}

function said(tables: Map<string, string[]>, name: string): string[] {
  const known = tables.get(name) ?? []
  tables.set(name, known)
  return known
}

function textOfTable(table: ForwardingTable): string {
  return JSON.stringify(table, (_, value) => (value instanceof Uint8Array ? [...value] : value))
}

function partOf(router: RouterMachine, part: string | symbol): unknown {
  const value: unknown = Reflect.get(router, part, router)
  return typeof value === 'function' ? value.bind(router) : value
}

function reachableFrom(world: World, name: string): readonly string[] {
  const peers = world.host(name).router.status(world.now).peers
  return peers.filter(peer => peer.isReachable).map(peer => peer.nickname)
}

function linksOf(world: World, name: string): readonly string[] {
  const own = world
    .host(name)
    .router.status(world.now)
    .peers.find(peer => peer.isSelf)
  return own?.connections.map(connection => connection.nickname) ?? []
}

function relayedBy(world: World): number {
  return [...world.hosts.values()].reduce((sum, host) => sum + host.forwarder.counters.relayed, 0)
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(14)).toString()
}

function frame(destination: string, source: string, text: string): Uint8Array {
  const octets = [...destination.split(':'), ...source.split(':')].map(pair => Number.parseInt(pair, 16))
  return Uint8Array.from([...octets, 0x88, 0xb5, ...Buffer.from(text)])
}
