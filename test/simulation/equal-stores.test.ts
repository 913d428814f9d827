import { MessageStream } from '../../src/core/wire/message-stream.ts'
import { World } from './world.ts'

const NAMES = Array.from({ length: 10 }, (_, i) => `h${i + 1}`)
/** Each router tells a neighbour a hash of all versions that it holds every ten seconds or so. */
const TOLD_BY_ALL_MS = 30_000
/** A record may be on its way while some have told theirs. */
const LOOKS = 4

describe('what all know', () => {
  it('is the same at all routers, after partitions, restarts and a removal', () => {
    const world = start()
    for (const [i, name] of NAMES.slice(0, 6).entries()) {
      for (const other of NAMES.slice(6)) world.cut(name, other)
      world.run(4_000)
      world.kill(name, i % 2 === 0)
      world.run(3_000)
      world.heal()
      world.restart(name)
      world.run(2_000)
    }
    const kept = world.cluster.members.filter(({ name }) => name !== 'h7')
    const names = kept.map(({ name }) => name)
    world.tell('h1', { kind: 'manifest', signed: world.cluster.manifest(kept) })
    world.run(20_000)
    let told = summariesOf(world, names)
    for (let look = 1; look < LOOKS && new Set(told.values()).size > 1; look++) told = summariesOf(world, names)
    expect([...told.keys()].sort()).toEqual([...names].sort())
    expect(new Set(told.values()).size).toBe(1)
  })
})

/** Of these: the removed one says what it holds whenever it dials, until it is told that it is out. */
function summariesOf(world: World, names: readonly string[]): ReadonlyMap<string, string> {
  const told = new Map<string, string>()
  world.links.tap = (from, bytes) => {
    const messages = new MessageStream().push(bytes)
    if (!messages.ok) throw new Error(messages.error)
    for (const message of messages.value) {
      if (message.kind === 'summary' && names.includes(from)) told.set(from, Buffer.from(message.hash).toString('hex'))
    }
  }
  world.run(TOLD_BY_ALL_MS)
  world.links.tap = undefined
  return told
}

function start(): World {
  const world = new World({ seed: 23, faults: { latencyMs: 20, jitterMs: 10 }, keepsWiretap: false })
  world.define(NAMES)
  world.wireAll(NAMES)
  const manifest = world.cluster.manifest()
  for (const name of NAMES) world.start(name, name === 'h1' ? ['h2'] : ['h1'], manifest)
  world.run(5_000)
  return world
}
