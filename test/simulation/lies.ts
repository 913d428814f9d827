import { createSigner } from '../../src/core/session/crypto.ts'
import type { LinkMessage } from '../../src/core/wire/link-message.ts'
import { decodeRecord, encodeRecord, type PeerRecord, SIGNATURE_BYTES } from '../../src/core/wire/peer-record.ts'
import { contextOf, Topic } from '../../src/core/wire/topic.ts'
import { encodeTopicRecord } from '../../src/core/wire/topic-record.ts'
import type { World } from './world.ts'

export const HIGHEST = 2n ** 64n - 1n

export interface Lie {
  readonly of?: string
  readonly bootId?: bigint
  readonly version?: bigint
  readonly links?: number
}

/** A record as the liar signs it. */
export function forge(world: World, lie: Lie, known = recordOf(world, lie.of ?? 'liar')): Uint8Array {
  const { bootId = known.bootId + 1n, version = 1n, links } = lie
  const link = { isOutbound: true, isEstablished: true, cost: 1, remote: { ip: '192.0.2.1', port: 1 } }
  const encoded = encodeRecord({
    ...known,
    bootId,
    version,
    ...(links === undefined ? {} : { links: Array.from({ length: links }, (_, i) => ({ ...link, shortId: i + 1 })) }),
  })
  return signedByLiar(world, Topic.peer, encoded)
}

interface Told {
  readonly topic: number
  readonly body: Uint8Array
  readonly version?: bigint
}

/** A body of another topic, as the liar signs it. */
export function topicOf(world: World, { topic, body, version = 1n }: Told): LinkMessage {
  const { shortId } = world.member('liar')
  const encoded = encodeTopicRecord({ shortId, topic, bootId: HIGHEST, version, body })
  return { kind: 'records', records: [{ topic, bytes: signedByLiar(world, topic, encoded) }] }
}

function signedByLiar(world: World, topic: number, encoded: Uint8Array): Uint8Array {
  const signed = Buffer.concat([Buffer.from(contextOf(topic)), encoded])
  return Uint8Array.from(Buffer.concat([encoded, createSigner(world.member('liar').seed).sign(signed)]))
}

/** A record of `name` as others have it, taken from the wire. */
export function recordOf(world: World, name: string): PeerRecord {
  const bytes = heardFrom(world, name)
  const decoded = decodeRecord(bytes.subarray(0, bytes.length - SIGNATURE_BYTES))
  if (!decoded.ok) throw new Error(decoded.error)
  return decoded.value
}

/** Starts `name` again to hear its hello. */
export function heardFrom(world: World, name: string): Uint8Array {
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

export function records(bytes: Uint8Array): LinkMessage {
  return { kind: 'records', records: [{ topic: Topic.peer, bytes }] }
}
