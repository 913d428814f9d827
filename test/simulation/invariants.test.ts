import type { DatagramCipher, Output, RouterMachine } from '../../src/core/router/index.ts'
import { HOPS_MAX } from '../../src/core/wire/datagram.ts'
import { NO_SIZES } from '../unit/agent/table-sizes.ts'
import { AddressFaults } from './address-faults.ts'
import { network } from './address-world.ts'
import { broadcastFrame, converge, exchangeBroadcasts } from './convergence.ts'
import { type InvariantName, Invariants, InvariantViolation } from './invariants.ts'
import { SeededRandom } from './random.ts'
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
      seal: (key, counter, memory, run) => {
        if (run.length < PROBES_ARE_SHORTER) cipher.seal(key, counter, memory, run)
      },
    })
    expect(brokenBy({ broken: { cipher: lazy } })).toBe('no plaintext is on the wire')
  })

  it('notice a datagram that is injected twice', () => {
    const world = startChain({})
    const voyage = { path: ['a'], injectedAt: new Set<string>() }
    world.invariants.injected(world.host('b'), voyage)
    expect(violationOf(() => world.invariants.injected(world.host('b'), voyage))).toBe('a datagram is injected once')
  })

  it('notice a relay that sends datagrams back and forth', () => {
    const invariants = new Invariants()
    const looping = Array.from({ length: HOPS_MAX + 1 }, (_, i) => (i % 2 === 0 ? 'a' : 'b'))
    expect(violationOf(() => invariants.voyage(looping))).toBe('no datagram outlives its hops')
    expect(violationOf(() => invariants.voyage(['a', 'b', 'a']))).toBeUndefined()
    invariants.isSettled = true
    expect(violationOf(() => invariants.voyage(['a', 'b', 'a']))).toBe('no datagram comes by a host twice')
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

  it('notice a stranger in the table of the data plane', () => {
    const strange = { self: 1, peers: [{ shortId: 99, opening: [] }], neighbours: [] }
    const admitting = (router: RouterMachine) =>
      changed(router, { drain: () => [{ kind: 'forwarding', table: strange }] })
    expect(brokenBy({ broken: { router: admitting } })).toBe('the data plane knows members only')
  })

  it('notice a short id that two peers have', () => {
    const peer = { shortId: 2, opening: [] }
    const table = { self: 1, peers: [peer, peer], neighbours: [] }
    const doubling = (router: RouterMachine) => changed(router, { drain: () => [{ kind: 'forwarding', table }] })
    expect(brokenBy({ broken: { router: doubling } })).toBe('no address is held twice')
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

  it('notice an address that containers of two hosts have', () => {
    const answers: Extract<Output, { kind: 'ipam-answer' }>[] = []
    const world = startChain({ hasTopics: true, answered: (_, answer) => answers.push(answer) })
    world.run(8_000)
    const request = { kind: 'allocate', ticket: 1, id: 'x', subnet: network('10.2.1.0/24'), timeoutMs: 1_000 } as const
    world.tell('a', { kind: 'addresses', input: request })
    const [answer] = answers
    if (answer === undefined) throw new Error('no address was given')
    const faults = new AddressFaults(world, new SeededRandom(1))
    expect(violationOf(() => faults.check(world.host('a'), answer, NAMES))).toBeUndefined()
    expect(violationOf(() => faults.check(world.host('b'), answer, NAMES))).toBe('no address is held twice')
  })

  it('notice routers that do not find each other again', () => {
    const deaf = (router: RouterMachine, name: string) =>
      name === 'c' ? changed(router, { handle: () => undefined }) : router
    expect(brokenBy({ broken: { router: deaf } })).toBe('all that should reach each other do')
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

function violationOf(act: () => void): InvariantName | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof InvariantViolation) return error.invariant
    throw error
  }
}

/** The router, but for what `parts` puts in the place of its own. */
function changed(router: RouterMachine, parts: Partial<RouterMachine>): RouterMachine {
  return {
    handle: (input, now) => router.handle(input, now),
    advance: now => router.advance(now),
    get deadline() {
      return 'deadline' in parts ? parts.deadline : router.deadline
    },
    drain: parts.drain ?? (() => router.drain()),
    status: parts.status ?? (now => router.status(now)),
    ...(router.shared === undefined ? {} : { shared: router.shared }),
    get reach() {
      return router.reach
    },
    get sizes() {
      return parts.sizes ?? router.sizes
    },
    ...('handle' in parts && parts.handle !== undefined ? { handle: parts.handle } : {}),
    ...('advance' in parts && parts.advance !== undefined ? { advance: parts.advance } : {}),
  }
}
