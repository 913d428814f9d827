import { FORGES, TOO_MANY } from '../../src/core/router/record-allowances.ts'
import { PROFUSE } from '../../src/core/router/record-exchange.ts'
import { UNSIGNED } from '../../src/core/router/record-gate.ts'
import { encodeMessage, type LinkMessage } from '../../src/core/wire/link-message.ts'
import { LINKS_MAX } from '../../src/core/wire/peer-record.ts'
import { forge, HIGHEST, recordOf, records, topicOf } from './lies.ts'
import { World, type WorldOptions } from './world.ts'

const HONEST = ['a', 'b', 'c', 'd', 'e']
const NAMES = [...HONEST, 'liar']
/** Of those who are told of a record each tells all others but the one it has it from. */
const PASSED_ON = HONEST.length * (NAMES.length - 2)
const FREE_TOPICS = [6, 7]
const SECONDS = 10
/** Of one member: what is taken in a row, and then each second. */
const IN_A_ROW_BYTES = 8 * 64_000
const A_SECOND_BYTES = 64_000
const LIMIT_BYTES = PASSED_ON * (IN_A_ROW_BYTES + SECONDS * A_SECOND_BYTES)

describe('a member that says more than all can pass on', () => {
  it.each<{ what: string; messagesOf: (world: World) => (version: bigint) => readonly LinkMessage[] }>([
    {
      what: 'on topics that nobody uses',
      messagesOf: world => version =>
        FREE_TOPICS.map(topic => topicOf(world, { topic, body: new Uint8Array(60_000), version })),
    },
    {
      what: 'of links that it has not',
      messagesOf: world => {
        const known = recordOf(world, 'liar')
        const bootId = HIGHEST - 1n
        return version => [records(forge(world, { bootId, version, links: LINKS_MAX }, known))]
      },
    },
    {
      what: 'under ever higher boot ids of one process',
      messagesOf: world => {
        const known = recordOf(world, 'liar')
        const bootIdOf = (version: bigint) => known.bootId + (version << 40n)
        return version => [records(forge(world, { bootId: bootIdOf(version), links: LINKS_MAX }, known))]
      },
    },
  ])('$what costs the others little, and is named', ({ messagesOf }) => {
    const warned: string[] = []
    const world = start({ heardLog: (_, { message }) => warned.push(message) })
    const messages = messagesOf(world)
    const bytes = bytesOfHonest(world)
    flood(world, { perSecond: 15, messages })
    expect(bytes()).toBeGreaterThan(LIMIT_BYTES / 10)
    expect(bytes()).toBeLessThan(LIMIT_BYTES)
    expect(Object.keys(world.host('a').router.status(world.now).refused)).toEqual([TOO_MANY])
    expect(warned.filter(message => message === PROFUSE).length).toBeLessThanOrEqual(HONEST.length)
    expect(warned).toContain(PROFUSE)
    expectAllReached(world)
  })

  it('does not keep others from being heard by forging their records, and is named', () => {
    const world = start()
    const known = recordOf(world, 'b')
    const forged = forge(world, { of: 'b', bootId: HIGHEST }, known)
    flood(world, { perSecond: 200, messages: () => [records(forged)] })
    const { [UNSIGNED]: verified = 0, [FORGES]: unread = 0 } = world.host('a').router.status(world.now).refused
    expect(verified).toBeLessThan(100 + SECONDS * 10 + 2)
    expect(verified + unread).toBe(200 * SECONDS)
    world.kill('b')
    world.restart('b')
    world.run(1_000)
    expectAllReached(world)
  })
})

describe('a host whose names change all the time', () => {
  it('is heard with what they came to be, and never refused', () => {
    const world = start({ hasTopics: true })
    const names = Array.from({ length: 400 }, (_, i) => `container-${i}.weave.local`)
    for (const name of names) {
      const data = { kind: 'address', address: '192.0.2.7' } as const
      world.tell('b', { kind: 'names', change: { kind: 'add', entry: { id: name, name, data } } })
      world.run(20)
    }
    world.run(5_000)
    for (const host of NAMES) {
      const { router } = world.host(host)
      expect(names.filter(name => router.shared?.names?.find(name).length !== 1)).toEqual([])
      expect(router.status(world.now).refused).toEqual({})
    }
  })
})

function start(options: Partial<WorldOptions> = {}): World {
  const world = new World({ seed: 41, keepsWiretap: false, ...options })
  world.define(NAMES)
  world.wireAll(NAMES)
  const manifest = world.cluster.manifest()
  for (const [i, name] of NAMES.entries()) world.start(name, NAMES.slice(0, i), manifest)
  world.run(5_000)
  return world
}

/** The liar tells `a` alone. */
function flood(world: World, told: { perSecond: number; messages: (version: bigint) => readonly LinkMessage[] }): void {
  for (let version = 1; version <= SECONDS * told.perSecond; version++) {
    for (const message of told.messages(BigInt(version))) world.links.sendFromTo('liar', 'a', encodeMessage(message))
    world.run(1_000 / told.perSecond)
  }
  world.run(100)
}

/** What others than the liar say from here on, all together. */
function bytesOfHonest(world: World): () => number {
  let sum = 0
  world.links.tap = (from, bytes) => {
    if (from !== 'liar') sum += bytes.length
  }
  return () => sum
}

function expectAllReached(world: World): void {
  for (const name of HONEST) {
    const { peers } = world.host(name).router.status(world.now)
    const reached = peers.filter(peer => peer.isReachable).map(peer => peer.nickname)
    expect(reached).toEqual(expect.arrayContaining(HONEST))
  }
}
