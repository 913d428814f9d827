import { TOO_MANY_QUESTIONS } from '../../src/core/router/answer-allowances.ts'
import { CURIOUS } from '../../src/core/router/record-exchange.ts'
import { encodeMessage, type LinkMessage } from '../../src/core/wire/link-message.ts'
import { HIGHEST, topicOf } from './lies.ts'
import { World, type WorldOptions } from './world.ts'

const HONEST = ['a', 'b', 'c']
const NAMES = [...HONEST, 'liar']
const SECONDS = 10
const PER_SECOND = 100
const KIND = { records: 2, digest: 6, buckets: 9 }
const LONG_BYTES = 60_000
const ALL_BUCKETS = 2n ** 64n - 1n
/** For one neighbour: what is answered in a row, and then each second. */
const IN_A_ROW = { bytes: 20 * 512_000, answers: 400 }
const A_SECOND = { bytes: 512_000, answers: 20 }

describe('a neighbour that compares without end', () => {
  it.each<{ asked: string; question: LinkMessage; isAnsweredByRecords?: boolean }>([
    { asked: 'whether its records are the same', question: { kind: 'summary', hash: new Uint8Array(8) } },
    { asked: 'which parts differ', question: { kind: 'buckets', hashes: new Uint32Array(64) } },
    {
      asked: 'for all records',
      question: { kind: 'digest', buckets: ALL_BUCKETS, wantsDigest: false, entries: [] },
      isAnsweredByRecords: true,
    },
    {
      asked: 'what is lacking here of what there is not',
      question: { kind: 'digest', buckets: 0n, wantsDigest: true, entries: newerThanAny() },
    },
  ])('is told so much only when it asks $asked, and counted', ({ question, isAnsweredByRecords = false }) => {
    const warned: string[] = []
    const world = start({ heardLog: (host, { message }) => warned.push(`${host} ${message}`) })
    const told = toldBy(world, 'a', isAnsweredByRecords ? [KIND.records] : [KIND.digest, KIND.buckets])
    for (let i = 0; i < SECONDS * PER_SECOND; i++) {
      world.links.sendFromTo('liar', 'a', encodeMessage(question))
      world.run(1_000 / PER_SECOND)
    }
    expect(told.answers).toBeGreaterThan(10)
    expect(told.bytes).toBeLessThan(1.1 * (IN_A_ROW.bytes + SECONDS * A_SECOND.bytes))
    if (!isAnsweredByRecords) expect(told.answers).toBeLessThan(IN_A_ROW.answers + SECONDS * A_SECOND.answers)
    expect(Object.keys(world.host('a').router.status(world.now).refused)).toEqual([TOO_MANY_QUESTIONS])
    expect(warned.filter(text => text.endsWith(CURIOUS))).toEqual([`a ${CURIOUS}`])
  })

  it('keeps no other neighbour from comparing, and is answered again after a while', () => {
    const world = start()
    const everything = encodeMessage({ kind: 'digest', buckets: ALL_BUCKETS, wantsDigest: false, entries: [] })
    for (let i = 0; i < 1_000; i++) world.links.sendFromTo('liar', 'a', everything)
    world.run(100)
    const told = toldBy(world, 'a', [KIND.records])
    for (let i = 0; i < 100; i++) world.links.sendFromTo('liar', 'a', everything)
    world.run(20)
    expect(told.bytes).toBeLessThan(3 * LONG_BYTES)
    const before = told.bytes
    world.links.sendFromTo('b', 'a', everything)
    world.run(20)
    expect(told.bytes - before).toBeGreaterThan(2 * LONG_BYTES)
    world.run(5_000)
    const later = told.bytes
    world.links.sendFromTo('liar', 'a', everything)
    world.run(20)
    expect(told.bytes - later).toBeGreaterThan(2 * LONG_BYTES)
  })
})

function start(options: Partial<WorldOptions> = {}): World {
  const world = new World({ seed: 43, keepsWiretap: false, ...options })
  world.define(NAMES)
  world.wireAll(NAMES)
  const manifest = world.cluster.manifest()
  for (const [i, name] of NAMES.entries()) world.start(name, NAMES.slice(0, i), manifest)
  world.run(5_000)
  const long = [6, 7].map(topic => topicOf(world, { topic, body: new Uint8Array(LONG_BYTES) }))
  for (const message of long) world.links.sendFromTo('liar', 'b', encodeMessage(message))
  world.run(5_000)
  return world
}

/** Counts from here on what `name` says of these kinds. */
function toldBy(world: World, name: string, kinds: readonly number[]): { answers: number; bytes: number } {
  const told = { answers: 0, bytes: 0 }
  world.links.tap = (from, bytes) => {
    if (from !== name || !kinds.includes(bytes[4] ?? 0)) return
    told.answers++
    told.bytes += bytes.length
  }
  return told
}

function newerThanAny() {
  return HONEST.map((_, i) => ({ shortId: i + 1, topic: 0, bootId: HIGHEST, version: 1n }))
}
