import type { DatagramCipher, RouterMachine } from '../../src/core/router/index.ts'
import { HOPS_MAX } from '../../src/core/wire/datagram.ts'
import { NO_SIZES } from '../unit/agent/table-sizes.ts'
import { network } from './address-world.ts'
import { changed, violationOf } from './broken-parts.ts'
import { broadcastFrame, converge, exchangeBroadcasts } from './convergence.ts'
import { type InvariantName, Invariants, MARKER } from './invariants.ts'
import { World, type WorldOptions } from './world.ts'

const PROBES_ARE_SHORTER = 76
const NAMES = ['a', 'b', 'c']

describe('the invariants of a run', () => {
  it('hold for sound routers', () => {
    const world = startChain({})
    world.run(5_000)
    world.send('a', broadcastFrame(1, 'sound'))
    expect(converge(world, NAMES)).toBe(0)
    expect(() => exchangeBroadcasts(world, NAMES)).not.toThrow()
  })

  it('notice a nonce that is used twice', () => {
    const repeating = (cipher: DatagramCipher): DatagramCipher => ({
      ...cipher,
      seal: (key, counter, memory, run) => cipher.seal(key, Math.min(counter, 3), memory, run),
    })
    expect(brokenBy({ broken: { cipher: repeating } })).toBe('no nonce is used twice')
  })

  it('notice plaintext on the wire', () => {
    const lazy = (cipher: DatagramCipher): DatagramCipher => ({
      ...cipher,
      seal: (key, counter, memory, { offset, length, datagramBytes }) => {
        const isFrame = Buffer.from(memory)
          .subarray(offset, offset + length)
          .includes(MARKER)
        if (!isFrame) cipher.seal(key, counter, memory, { offset, length, datagramBytes })
      },
    })
    expect(brokenBy({ broken: { cipher: lazy } })).toBe('no plaintext is on the wire')
  })

  it('notice a datagram that is injected twice', () => {
    const world = startChain({})
    const voyage = { path: [], injectedAt: new Set<string>() }
    world.invariants.injected(world.host('b'), voyage)
    expect(violationOf(() => world.invariants.injected(world.host('b'), voyage))).toBe('a datagram is injected once')
  })

  it('notice a relay that sends datagrams back and forth', () => {
    const invariants = new Invariants()
    const go = (...path: readonly string[]) => {
      const voyage = { path: [], injectedAt: new Set<string>() }
      return violationOf(() => {
        for (const host of path) invariants.transmitted(voyage, host)
      })
    }
    expect(go('a', 'b', 'c')).toBeUndefined()
    expect(go('a', 'b', 'a')).toBe('no router passes a datagram on twice')
    expect(go(...Array.from({ length: HOPS_MAX }, (_, i) => `host ${i}`))).toBeUndefined()
    expect(go(...Array.from({ length: HOPS_MAX + 1 }, (_, i) => `host ${i}`))).toBe('no datagram outlives its hops')
  })

  it('notice a datagram that comes back, once all routers agree', () => {
    const invariants = new Invariants()
    const voyage = { path: ['a', 'b'], injectedAt: new Set<string>() }
    expect(violationOf(() => invariants.arrived(voyage, 'a'))).toBeUndefined()
    invariants.isSettled = true
    expect(violationOf(() => invariants.arrived(voyage, 'c'))).toBeUndefined()
    expect(violationOf(() => invariants.arrived(voyage, 'a'))).toBe('no datagram comes back once all agree')
  })

  it('notice a router that keeps waking itself', () => {
    const restless = (router: RouterMachine) =>
      changed(router, { deadline: { at: 1_000, reason: 'none' }, advance: () => undefined })
    expect(brokenBy({ broken: { router: restless } })).toBe('time goes on')
  })

  it('notice an error in the log', () => {
    const failing = (router: RouterMachine) =>
      changed(router, { drain: () => [{ kind: 'log', level: 'error', message: 'broken', fields: {} }] })
    expect(brokenBy({ broken: { router: failing } })).toBe('nothing is logged as an error')
  })

  it('expect an error of the host that was done something to, and no other', () => {
    const invariants = new Invariants()
    invariants.expectError('a', 'broken')
    const say = (name: string, message: string) =>
      violationOf(() => invariants.outputs({ name } as never, [{ kind: 'log', level: 'error', message, fields: {} }]))
    expect(say('a', 'broken')).toBeUndefined()
    expect([say('a', 'worse'), say('b', 'broken')]).toEqual(Array(2).fill('nothing is logged as an error'))
  })

  it.each([
    ['peers', { self: 1, peers: [{ shortId: 99, opening: [] }], neighbours: [] }],
    ['neighbours', { self: 1, peers: [], neighbours: [{ shortId: 99 }] }],
  ])('notice a stranger among the %s of the data plane', (_, strange) => {
    const admitting = (router: RouterMachine) =>
      changed(router, { drain: () => [{ kind: 'forwarding', table: strange }] })
    expect(brokenBy({ broken: { router: admitting } })).toBe('the data plane knows members only')
  })

  it.each([
    ['peers', { self: 1, peers: Array(2).fill({ shortId: 2, opening: [] }), neighbours: [] }],
    ['neighbours', { self: 1, peers: [], neighbours: Array(2).fill({ shortId: 2 }) }],
    ['a neighbour and the router itself', { self: 1, peers: [], neighbours: [{ shortId: 1 }] }],
  ])('notice a short id that two have: %s', (_, table) => {
    const doubling = (router: RouterMachine) => changed(router, { drain: () => [{ kind: 'forwarding', table }] })
    expect(brokenBy({ broken: { router: doubling } })).toBe('no address is held twice')
  })

  it.each(['shortId', 'bridgeAddress', 'containerRange'])('notice a manifest that gives two hosts one %s', field => {
    const hosts = [1, 2].map(number => ({
      shortId: number,
      bridgeAddress: `10.2.0.${number}/16`,
      containerRange: `10.2.${number}.0/24`,
      [field]: field === 'shortId' ? 1 : 'the same',
    }))
    const signed = { manifest: JSON.stringify({ version: 1, hosts }), signature: '' }
    const table = { self: 1, peers: [], neighbours: [] }
    expect(violationOf(() => new Invariants().table({ name: 'a' } as never, table, signed))).toBe(
      'no address is held twice',
    )
  })

  it('notice a queue that grows without bound', () => {
    const message = { kind: 'log', level: 'debug', message: 'again', fields: {} } as const
    const talking = (router: RouterMachine) =>
      changed(router, { drain: () => Array.from({ length: 10_000 }, () => message) })
    expect(brokenBy({ broken: { router: talking } })).toBe('queues and tables are bounded')
  })

  it.each(Object.keys(NO_SIZES))('notice a table that grows without bound: %s', table => {
    const keeping = (router: RouterMachine) => changed(router, { sizes: { ...router.sizes, [table]: 10_000 } })
    expect(brokenBy({ broken: { router: keeping } })).toBe('queues and tables are bounded')
  })

  it.each([
    { how: 'given', meanwhile: (world: World) => world.run(1_000) },
    { how: 'on the disk of a host that starts again', meanwhile: (world: World) => void world.restart('b') },
  ])('notice an address that containers of two hosts have: $how', ({ meanwhile }) => {
    const leases: { readonly id: string; readonly address: bigint; readonly prefix: number }[] = []
    const shared = { ipam: { leases } as never, names: undefined }
    const doubling = (router: RouterMachine, name: string) => (name === 'b' ? changed(router, { shared }) : router)
    const world = startChain({ hasTopics: true, broken: { router: doubling } })
    world.run(8_000)
    const request = { kind: 'allocate', ticket: 1, id: 'x', subnet: network('10.2.1.0/24'), timeoutMs: 1_000 } as const
    world.tell('a', { kind: 'addresses', input: request })
    expect(violationOf(() => meanwhile(world))).toBeUndefined()
    leases.push(...(world.host('a').router.shared?.ipam?.leases ?? []))
    expect(violationOf(() => meanwhile(world))).toBe('no address is held twice')
  })

  it('notice routers that do not find each other again', () => {
    const deaf = (router: RouterMachine, name: string) =>
      name === 'c' ? changed(router, { handle: () => undefined }) : router
    expect(brokenBy({ broken: { router: deaf } })).toBe('all that should reach each other do')
  })

  it('notice frames that arrive twice', () => {
    const world = startChain({})
    world.run(8_000)
    const { injected } = world.host('b')
    Object.assign(injected, { push: (frame: Uint8Array) => injected.splice(injected.length, 0, frame, frame).length })
    expect(violationOf(() => exchangeBroadcasts(world, NAMES))).toBe('each frame arrives once')
  })

  it('notice frames that do not arrive', () => {
    const mute = (cipher: DatagramCipher): DatagramCipher => ({
      ...cipher,
      open: (key, memory, run) => {
        const authentic = cipher.open(key, memory, run)
        if (run.length >= PROBES_ARE_SHORTER) cipher.verdicts.fill(0)
        return authentic
      },
    })
    expect(brokenBy({ broken: { cipher: mute } })).toBe('each frame arrives once')
  })
})

function brokenBy(options: Omit<WorldOptions, 'seed'>): InvariantName | undefined {
  return violationOf(() => {
    const world = startChain(options)
    world.run(8_000)
    world.send('a', broadcastFrame(1, 'a frame to look for'))
    converge(world, NAMES)
    exchangeBroadcasts(world, NAMES)
  })
}

function startChain(options: Omit<WorldOptions, 'seed'>): World {
  const world = new World({ ...options, seed: 5 })
  world.define(NAMES)
  world.wire('a', 'b')
  world.wire('b', 'c')
  const manifest = world.cluster.manifest()
  for (const name of NAMES)
    world.start(
      name,
      NAMES.filter(other => other !== name),
      manifest,
    )
  return world
}
