import type { Endpoint } from '../../src/base/endpoint.ts'
import type { RouterMachine } from '../../src/core/router/index.ts'
import { FORGES_PUNCHES, TOO_MANY_PUNCHES } from '../../src/core/router/punch-gate.ts'
import { createSigner } from '../../src/core/session/crypto.ts'
import { encodeMessage } from '../../src/core/wire/link-message.ts'
import { CANDIDATES_MAX, encodePunch, PUNCH_CONTEXT } from '../../src/core/wire/punch.ts'
import { talk } from './convergence.ts'
import { HIGHEST } from './lies.ts'
import { World, type WorldOptions } from './world.ts'

const NAMES = ['hub', 'a', 'b', 'liar']
const PUNCH = 11
const SECONDS = 10
const PER_SECOND = 100
/** Of one member for one other: what is passed on in a row, and each second. */
const IN_A_ROW = 31
const A_SECOND = 0.5
const LIMIT = IN_A_ROW + SECONDS * A_SECOND + 1
/** The same of one member for one address, by way of one relay, whomever it asks. */
const AT_ONE_ADDRESS = { inARow: 601, aSecond: 20 }
const AT_ONE_LIMIT = AT_ONE_ADDRESS.inARow + CANDIDATES_MAX + SECONDS * AT_ONE_ADDRESS.aSecond
/** Of a burst, to each address. */
const ROUNDS = 4
const VICTIM = '203.0.113.99'
const AT_VICTIM: readonly Endpoint[] = Array.from({ length: CANDIDATES_MAX }, (_, i) => ({ ip: VICTIM, port: 1 + i }))
const AT_SEVERAL: readonly Endpoint[] = AT_VICTIM.map(({ port }) => ({ ip: `203.0.113.${100 + port}`, port }))
const NAMED: ReadonlySet<string> = new Set([...AT_VICTIM, ...AT_SEVERAL].map(({ ip }) => ip))
const TARGETS = Array.from({ length: 20 }, (_, i) => `t${i}`)

describe('a member that asks for punches without end', () => {
  it('has others pass on few, and send little to the addresses that it names, and is counted', () => {
    const sent = { probes: 0 }
    const world = start({ broken: { router: router => countingProbes(router, sent) } })
    const passed = punchesOf(world, 'hub')
    for (let sequence = 1; sequence <= SECONDS * PER_SECOND; sequence++) {
      world.links.sendFromTo('liar', 'hub', punchOf(world, { source: 'liar', sequence, candidates: AT_SEVERAL }))
      world.run(1_000 / PER_SECOND)
    }
    world.run(2_000)
    expect(passed.toA).toBeGreaterThan(20)
    expect(passed.toA).toBeLessThanOrEqual(LIMIT)
    expect(sent.probes).toBeGreaterThan(0)
    expect(sent.probes).toBeLessThanOrEqual(LIMIT * ROUNDS * CANDIDATES_MAX)
    expect(world.host('hub').router.status(world.now).refused).toEqual({
      [TOO_MANY_PUNCHES]: SECONDS * PER_SECOND - passed.toA,
    })
  })

  it.each([
    { place: 'eight ports of it', candidates: AT_VICTIM },
    { place: 'one port of it', candidates: AT_VICTIM.slice(0, 1) },
  ])('has many others send little to one address, naming $place', ({ candidates }) => {
    const sent = { probes: 0 }
    const world = start({ broken: { router: router => countingProbes(router, sent) } }, [], TARGETS)
    for (let sequence = 1; sequence <= SECONDS * PER_SECOND; sequence++) {
      const destination = TARGETS[sequence % TARGETS.length] ?? ''
      world.links.sendFromTo('liar', 'hub', punchOf(world, { source: 'liar', destination, sequence, candidates }))
      world.run(1_000 / PER_SECOND)
    }
    world.run(2_000)
    expect(sent.probes).toBeGreaterThan(500)
    expect(sent.probes).toBeLessThanOrEqual(AT_ONE_LIMIT * ROUNDS)
    expect(Object.keys(world.host('hub').router.status(world.now).refused)).toEqual([TOO_MANY_PUNCHES])
  })

  it('has none passed on in the name of another, and keeps that one from nobody', () => {
    const world = start({}, ['a', 'b'])
    const passed = punchesOf(world, 'hub')
    for (let sequence = 1; sequence <= SECONDS * 400; sequence++) {
      world.links.sendFromTo('liar', 'hub', punchOf(world, { source: 'b', sequence, bootId: HIGHEST }))
      if (sequence % 10 === 0) world.run(25)
      if (sequence % 200 === 0) talk(world, 1)
    }
    expect(passed.toA).toBeLessThan(20)
    const { refused } = world.host('hub').router.status(world.now)
    expect(Object.keys(refused)).toEqual(['a punch that its peer did not sign', FORGES_PUNCHES])
    expect(refused['a punch that its peer did not sign']).toBeLessThan(100 + 2 * SECONDS * 10 + 2)
    const { peers } = world.host('a').router.status(world.now)
    expect(peers.find(({ nickname }) => nickname === 'b')?.path?.kind).toBe('punched')
  })
})

/** All know each other by the hub; hosts that are `hidden` are behind gateways, the others have wires to the hub alone. */
function start(
  options: Partial<WorldOptions> = {},
  hidden: readonly string[] = [],
  more: readonly string[] = [],
): World {
  const world = new World({ seed: 45, keepsWiretap: false, ...options })
  const names = [...NAMES, ...more]
  world.define(names)
  for (const name of names.slice(1)) world.wire('hub', name)
  if (hidden.length > 0) world.wire('a', 'b')
  for (const [i, name] of hidden.entries()) {
    world.underlay.putBehind([name], { kind: 'restricted', publicIp: `203.0.113.${i + 1}`, mappingTimeoutMs: 30_000 })
  }
  const manifest = world.cluster.manifest()
  for (const name of names) world.start(name, name === 'hub' ? [] : ['hub'], manifest)
  world.run(4_000)
  return world
}

interface Asked {
  readonly source: string
  readonly destination?: string
  readonly sequence: number
  readonly bootId?: bigint
  readonly candidates?: readonly Endpoint[]
}

/** Signed by the liar whoever is named as its source. */
function punchOf(world: World, punch: Asked): Uint8Array {
  const { source, destination = 'a', sequence, bootId = world.host('liar').bootId, candidates = AT_VICTIM } = punch
  const ends = { source: world.member(source).shortId, destination: world.member(destination).shortId }
  const encoded = encodePunch({ ...ends, bootId, sequence, isReply: true, isSymmetric: false, candidates })
  const signature = createSigner(world.member('liar').seed).sign(Buffer.concat([Buffer.from(PUNCH_CONTEXT), encoded]))
  const signed = Uint8Array.from(Buffer.concat([encoded, signature]))
  return encodeMessage({ kind: 'punch', hopsLeft: 32, punch: signed })
}

/** Counts from here on those for `a` that `name` sends. */
function punchesOf(world: World, name: string): { toA: number } {
  const passed = { toA: 0 }
  const { shortId } = world.member('a')
  world.links.tap = (from, bytes) => {
    if (from === name && bytes[4] === PUNCH && bytes[9] === shortId) passed.toA++
  }
  return passed
}

function countingProbes(router: RouterMachine, sent: { probes: number }): RouterMachine {
  const drain = () => {
    const outputs = router.drain()
    sent.probes += outputs.filter(output => output.kind === 'probe' && NAMED.has(output.to.ip)).length
    return outputs
  }
  return new Proxy(router, {
    get: (sound, key) => {
      if (key === 'drain') return drain
      const value: unknown = Reflect.get(sound, key, sound)
      return typeof value === 'function' ? value.bind(sound) : value
    },
  })
}
