import type { PeerName } from '../../src/base/peer-name.ts'
import { peerNameOf } from '../../src/core/router/index.ts'
import { CONTESTS } from '../../src/core/router/record-allowances.ts'
import { createSigner, type Signer } from '../../src/core/session/crypto.ts'
import { encodeMessage } from '../../src/core/wire/link-message.ts'
import { decodeRecord, encodeRecord, type PeerRecord, SIGNATURE_BYTES } from '../../src/core/wire/peer-record.ts'
import { contextOf, Topic } from '../../src/core/wire/topic.ts'
import { heardFrom, records } from './lies.ts'
import { World } from './world.ts'

const HONEST = ['a', 'b', 'c']
const NAMES = [...HONEST, 'liar']
const SECONDS = 5
const PER_SECOND = 200
const KEY_BYTES = 32
/** Of one neighbour: what is verified in a row, and then each second. */
const IN_A_ROW = 601
const A_SECOND = 20

describe('a member of an open cluster that makes up routers with the short id of another', () => {
  it('has few of them looked at, and is counted', () => {
    const world = start()
    const known = recordOf(world, 'b')
    for (let i = 0; i < SECONDS * PER_SECOND; i++) {
      world.links.sendFromTo('liar', 'a', encodeMessage(records(madeUp(known, i))))
      world.run(1_000 / PER_SECOND)
    }
    const { refused } = world.host('a').router.status(world.now)
    const lookedAt = SECONDS * PER_SECOND - (refused[CONTESTS] ?? 0)
    expect(Object.keys(refused)).toEqual([CONTESTS])
    expect(lookedAt).toBeLessThanOrEqual(IN_A_ROW + SECONDS * A_SECOND)
    expect(reachedBy(world, 'a')).toEqual(NAMES)
  })

  it('keeps no newcomer from being heard that it tells of', () => {
    const world = start(['a', 'b', 'liar'])
    const known = recordOf(world, 'b')
    for (let i = 0; i < 1_000; i++) world.links.sendFromTo('liar', 'a', encodeMessage(records(madeUp(known, i))))
    world.start('c', ['liar'])
    world.run(2_000)
    expect(reachedBy(world, 'a')).toEqual(NAMES)
  })
})

function start(names: readonly string[] = NAMES): World {
  const world = new World({ seed: 47, keepsWiretap: false })
  world.cluster.open()
  world.define(NAMES)
  world.wireAll(NAMES)
  for (const name of names) world.start(name, name === 'a' ? [] : ['a'])
  world.run(5_000)
  return world
}

/** What `name` says of itself, without signature and key. */
function recordOf(world: World, name: string): PeerRecord {
  const bytes = heardFrom(world, name)
  const decoded = decodeRecord(bytes.subarray(0, bytes.length - SIGNATURE_BYTES - KEY_BYTES))
  if (!decoded.ok) throw new Error(decoded.error)
  return decoded.value
}

/** The n-th of routers whose names are too high to keep the short id of `known`. */
function madeUp(known: PeerRecord, n: number): Uint8Array {
  const { signer, name } = identityAbove(known.name, n)
  const encoded = encodeRecord({ ...known, name, version: known.version + 1n })
  const signature = signer.sign(Buffer.concat([Buffer.from(contextOf(Topic.peer)), encoded]))
  return Uint8Array.from(Buffer.concat([encoded, signature, signer.publicKey]))
}

function identityAbove(lowest: PeerName, n: number): { signer: Signer; name: PeerName } {
  for (let attempt = 0; ; attempt++) {
    const seed = new Uint8Array(32)
    new DataView(seed.buffer).setUint32(0, n)
    new DataView(seed.buffer).setUint32(4, attempt)
    const signer = createSigner(seed)
    const name = peerNameOf(signer.publicKey)
    if (name > lowest) return { signer, name }
  }
}

function reachedBy(world: World, name: string): readonly string[] {
  const { peers } = world.host(name).router.status(world.now)
  return peers.flatMap(peer => (peer.isReachable ? [peer.nickname] : [])).sort()
}
