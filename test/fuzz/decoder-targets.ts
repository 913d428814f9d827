import { strict as assert } from 'node:assert'
import { isPreface, makePreface } from '../../src/agent/transport/preface.ts'
import { parseManifest, parseSignedManifest } from '../../src/contract/cluster-manifest.ts'
import { decodeMessage, encodeMessage, type LinkMessage } from '../../src/core/wire/link-message.ts'
import { MessageStream } from '../../src/core/wire/message-stream.ts'
import { decodeRecord, encodeRecord, type PeerRecord } from '../../src/core/wire/peer-record.ts'
import { decodePunch, encodePunch, type Punch } from '../../src/core/wire/punch.ts'
import { decodeTopicRecord, encodeTopicRecord, type TopicRecord } from '../../src/core/wire/topic-record.ts'
import { SimulatedCluster } from '../simulation/cluster.ts'
import { SeededRandom } from '../simulation/random.ts'
import { codec } from './codec.ts'
import type { FuzzTarget } from './targets.ts'

const ENDPOINT = { ip: '203.0.113.1', port: 20_000 }

const RECORD: PeerRecord = {
  shortId: 1,
  name: '36:75:0f:98:bd:59' as PeerRecord['name'],
  bootId: 1n,
  version: 2n,
  nickname: 'älpha',
  port: 6783,
  addresses: ['192.0.2.1'],
  keyId: 7,
  publicKey: new Uint8Array(32).fill(9),
  links: [{ shortId: 2, isOutbound: true, isEstablished: false, remote: ENDPOINT, cost: 8 }],
}
const TOPIC_RECORD: TopicRecord = { shortId: 1, topic: 1, bootId: 1n, version: 2n, body: Uint8Array.of(1, 2, 3) }
const ENDS = { source: 1, destination: 2, bootId: 1n, sequence: 1 }
const PUNCH: Punch = { ...ENDS, isReply: true, isSymmetric: false, candidates: [ENDPOINT, ENDPOINT] }

export const MESSAGES: readonly LinkMessage[] = [
  { kind: 'hello', protocolMin: 1, protocolMax: 2, bootId: 1n, manifestVersion: 1n, record: encodeRecord(RECORD) },
  { kind: 'records', records: [{ topic: 1, bytes: encodeTopicRecord(TOPIC_RECORD) }] },
  { kind: 'manifest', text: '{}', signature: new Uint8Array(64) },
  { kind: 'heartbeat', sequence: 7 },
  { kind: 'summary', hash: new Uint8Array(8) },
  { kind: 'buckets', hashes: new Uint32Array(64) },
  { kind: 'digest', buckets: 1n, wantsDigest: true, entries: [{ shortId: 1, topic: 0, bootId: 1n, version: 1n }] },
  { kind: 'observed', endpoint: ENDPOINT },
  { kind: 'punch', hopsLeft: 3, punch: encodePunch(PUNCH) },
  { kind: 'datagrams', datagramBytes: 4, bytes: new Uint8Array(10) },
  { kind: 'goodbye', reason: 'the router stops' },
  { kind: 'clock', clockMs: 1_700_000_000_000n },
]

export const DECODER_TARGETS: readonly FuzzTarget[] = [
  codec('peer-record', [RECORD], encodeRecord, decodeRecord),
  codec('topic-record', [TOPIC_RECORD], encodeTopicRecord, decodeTopicRecord),
  codec('punch', [PUNCH], encodePunch, decodePunch),
  codec('link-message', MESSAGES, message => encodeMessage(message).subarray(4), decodeMessage),
  {
    name: 'message-stream',
    seeds: () => [Buffer.concat([Uint8Array.of(3, 9), ...MESSAGES.slice(3, 6).map(encodeMessage)])],
    create: () => runStream,
  },
  { name: 'preface', seeds: () => [makePreface(new Uint8Array(32))], create: () => runPreface },
  { name: 'manifest', seeds: () => [manifest(), manifestFile()], create: () => runManifest },
]

/** The first two bytes say where the rest is cut: the messages must not depend on it. */
function runStream(input: Uint8Array): void {
  const [a = 0, b = 0] = input
  const bytes = input.subarray(2)
  const whole = new MessageStream().push(bytes)
  const stream = new MessageStream()
  const messages: LinkMessage[] = []
  for (const piece of [bytes.subarray(0, a), bytes.subarray(a, a + b), bytes.subarray(a + b)]) {
    const pushed = stream.push(piece)
    if (!pushed.ok) return assert.equal(whole.ok, false)
    messages.push(...pushed.value)
  }
  assert.deepEqual(whole, { ok: true, value: messages })
}

function runPreface(input: Uint8Array): void {
  assert.equal(isPreface(input, new Uint8Array(32).fill(1)), false)
}

function runManifest(input: Uint8Array): void {
  const text = new TextDecoder().decode(input)
  parseSignedManifest(text)
  const parsed = parseManifest(text)
  if (!parsed.ok) return
  for (const key of ['host', 'shortId', 'peerName', 'publicKey'] as const) {
    assert.equal(new Set(parsed.value.hosts.map(host => host[key])).size, parsed.value.hosts.length)
  }
}

function manifest(): Uint8Array {
  const cluster = new SimulatedCluster(new SeededRandom(1))
  for (const name of ['a', 'b']) cluster.addMember(name)
  return Buffer.from(cluster.manifest().manifest)
}

function manifestFile(): Uint8Array {
  return Buffer.from(JSON.stringify({ manifest: '{}', signature: 'AAAA' }))
}
