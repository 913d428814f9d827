import { createSigner } from '../../src/core/session/crypto.ts'
import { encodeMessage, type LinkMessage } from '../../src/core/wire/link-message.ts'
import {
  decodeRecord,
  encodeRecord,
  LINKS_MAX,
  type PeerRecord,
  SIGNATURE_BYTES,
} from '../../src/core/wire/peer-record.ts'
import { contextOf, Topic } from '../../src/core/wire/topic.ts'
import { signManifest } from './cluster.ts'
import { broadcastFrame } from './convergence.ts'
import { World } from './world.ts'

const NAMES = ['a', 'b', 'c', 'liar']
const UNSIGNED = 'a record that its peer did not sign'
const HIGHEST = 2n ** 64n - 1n

describe('a member that lies', () => {
  it.each<{ lie: string; tell: (world: World) => readonly LinkMessage[]; refused?: string }>([
    {
      lie: 'a record of another, signed by itself',
      tell: world => [records(forge(world, { of: 'b' }))],
      refused: UNSIGNED,
    },
    {
      lie: 'a record of another with the highest boot id',
      tell: world => [records(forge(world, { of: 'b', bootId: HIGHEST }))],
      refused: UNSIGNED,
    },
    {
      lie: 'a record of itself with the highest boot id',
      tell: world => [records(forge(world, { bootId: HIGHEST, version: HIGHEST }))],
    },
    { lie: 'links with everybody', tell: world => [records(forge(world, { bootId: 2n ** 63n, links: LINKS_MAX }))] },
    {
      lie: 'a manifest that it signed itself',
      tell: world => [manifest(signManifest('{}', world.member('liar').seed))],
      refused: 'the manifest is not signed by the cluster key',
    },
    { lie: 'an older manifest', tell: world => [manifest(world.host('a').stored.manifest)] },
    {
      lie: 'the same old record again and again',
      tell: world => new Array<LinkMessage>(300).fill(records(heardFrom(world, 'b'))),
    },
    {
      lie: 'heartbeats without end',
      tell: () => Array.from({ length: 1_000 }, (_, sequence) => ({ kind: 'heartbeat', sequence })),
    },
    {
      lie: 'a punch that it forged',
      tell: () => [{ kind: 'punch', hopsLeft: 3, punch: new Uint8Array(20) }],
      refused: 'a punch that cannot be read',
    },
    {
      lie: 'a second hello',
      tell: world => [hello(heardFrom(world, 'liar'))],
      refused: 'a second hello',
    },
  ])('with $lie does not keep the others from each other', ({ tell, refused }) => {
    const world = start()
    for (const message of tell(world)) {
      for (const name of ['a', 'b', 'c']) world.links.sendFromTo('liar', name, encodeMessage(message))
    }
    world.run(5_000)
    for (const name of ['a', 'b', 'c']) {
      const { peers, refused: told } = world.host(name).router.status(world.now)
      const reached = peers.filter(peer => peer.isReachable).map(peer => peer.nickname)
      expect(reached).toEqual(expect.arrayContaining(['a', 'b', 'c']))
      expect(Object.keys(told)).toEqual(refused === undefined ? [] : [refused])
    }
    world.send('a', broadcastFrame(1, 'all the same'))
    world.run(200)
    for (const name of ['b', 'c']) expect(world.host(name).injected).toHaveLength(1)
  })
})

function start(): World {
  const world = new World({ seed: 41 })
  world.define(NAMES)
  world.wireAll(NAMES)
  const signed = world.cluster.manifest()
  for (const name of NAMES) {
    world.start(
      name,
      NAMES.filter(other => other !== name),
      signed,
    )
  }
  world.run(3_000)
  return world
}

interface Lie {
  readonly of?: string
  readonly bootId?: bigint
  readonly version?: bigint
  readonly links?: number
}

/** A record as the liar signs it. */
function forge(world: World, { of = 'liar', bootId, version, links }: Lie): Uint8Array {
  const known = recordOf(world, of)
  const link = { isOutbound: true, isEstablished: true, cost: 1, remote: { ip: '192.0.2.1', port: 1 } }
  const encoded = encodeRecord({
    ...known,
    bootId: bootId ?? known.bootId + 1n,
    version: version ?? 1n,
    ...(links === undefined ? {} : { links: Array.from({ length: links }, (_, i) => ({ ...link, shortId: i + 1 })) }),
  })
  const signed = Buffer.concat([Buffer.from(contextOf(Topic.peer)), encoded])
  return Uint8Array.from(Buffer.concat([encoded, createSigner(world.member('liar').seed).sign(signed)]))
}

/** A record of `name` as others have it, taken from the wire. */
function recordOf(world: World, name: string): PeerRecord {
  const bytes = heardFrom(world, name)
  const decoded = decodeRecord(bytes.subarray(0, bytes.length - SIGNATURE_BYTES))
  if (!decoded.ok) throw new Error(decoded.error)
  return decoded.value
}

/** Starts `name` again to hear its hello. */
function heardFrom(world: World, name: string): Uint8Array {
  let hello = new Uint8Array(0)
  world.links.tap = (from, bytes) => {
    if (from === name && bytes[4] === 1) hello = Uint8Array.from(bytes.subarray(4 + 1 + 2 + 2 + 8 + 8 + 2))
  }
  world.kill(name)
  world.restart(name)
  world.run(3_000)
  world.links.tap = undefined
  return hello
}

function records(bytes: Uint8Array): LinkMessage {
  return { kind: 'records', records: [{ topic: Topic.peer, bytes }] }
}

function hello(record: Uint8Array): LinkMessage {
  return { kind: 'hello', protocolMin: 1, protocolMax: 1, bootId: 1n, manifestVersion: 1n, record }
}

function manifest({ manifest: text, signature }: { manifest: string; signature: string }): LinkMessage {
  return { kind: 'manifest', text, signature: Uint8Array.from(Buffer.from(signature, 'base64')) }
}
