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
/** Of a burst, to each address. */
const ROUNDS = 4
const VICTIM = '203.0.113.99'

describe('a member that asks for punches without end', () => {
  it('has others pass on few, and send little to the addresses that it names, and is counted', () => {
    const sent = { probes: 0 }
    const world = start({ broken: { router: router => countingProbes(router, sent) } })
    const passed = punchesOf(world, 'hub')
    for (let sequence = 1; sequence <= SECONDS * PER_SECOND; sequence++) {
      world.links.sendFromTo('liar', 'hub', punchOf(world, { source: 'liar', sequence }))
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
function start(options: Partial<WorldOptions> = {}, hidden: readonly string[] = []): World {
  const world = new World({ seed: 45, keepsWiretap: false, ...options })
  world.define(NAMES)
  for (const name of NAMES.slice(1)) world.wire('hub', name)
  if (hidden.length > 0) world.wire('a', 'b')
  for (const [i, name] of hidden.entries()) {
    world.underlay.putBehind([name], { kind: 'restricted', publicIp: `203.0.113.${i + 1}`, mappingTimeoutMs: 30_000 })
  }
  const manifest = world.cluster.manifest()
  for (const name of NAMES) world.start(name, name === 'hub' ? [] : ['hub'], manifest)
  world.run(4_000)
  return world
}

/** For `a`, signed by the liar whoever is named as its source. */
function punchOf(world: World, punch: { source: string; sequence: number; bootId?: bigint }): Uint8Array {
  const candidates: readonly Endpoint[] = Array.from({ length: CANDIDATES_MAX }, (_, i) => ({
    ip: VICTIM,
    port: 1 + i,
  }))
  const { source, sequence, bootId = world.host('liar').bootId } = punch
  const ends = { source: world.member(source).shortId, destination: world.member('a').shortId }
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
    sent.probes += outputs.filter(output => output.kind === 'probe' && output.to.ip === VICTIM).length
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
