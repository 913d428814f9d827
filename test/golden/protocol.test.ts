import { createHmac } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { probeDatagram } from '../../src/agent/fastpath/probe-datagram.ts'
import { CpaceRun, joinWithLengths } from '../../src/agent/password/cpace.ts'
import { stretchPassword } from '../../src/agent/password/stretch.ts'
import { MANIFEST_CONTEXT } from '../../src/contract/cluster-manifest.ts'
import { RecordStore } from '../../src/core/gossip/record-store.ts'
import { createNodeCipher, peerNameOf, shortIdOf } from '../../src/core/router/index.ts'
import { createAgreementKey, createSigner } from '../../src/core/session/crypto.ts'
import { SessionKeys } from '../../src/core/session/session-keys.ts'
import { setHopsLeft, writeHeader } from '../../src/core/wire/datagram.ts'
import { encodeLinkCosts } from '../../src/core/wire/link-costs.ts'
import { encodeMessage } from '../../src/core/wire/link-message.ts'
import { PART_HEADER_BYTES, writePartHeader } from '../../src/core/wire/part-header.ts'
import { encodeRecord } from '../../src/core/wire/peer-record.ts'
import { writeProbe } from '../../src/core/wire/probe.ts'
import { encodePunch, PUNCH_CONTEXT } from '../../src/core/wire/punch.ts'
import { contextOf, Topic } from '../../src/core/wire/topic.ts'
import { encodeTopicRecord } from '../../src/core/wire/topic-record.ts'

const PASSWORD = 'wurst-kaese-szenario'
const PAGE = 'docs/protocol.md'
const text = (value: string) => new TextEncoder().encode(value)
const filled = (byte: number, length = 32) => new Uint8Array(length).fill(byte)

describe('the vectors of docs/protocol.md', () => {
  const page = readFileSync(PAGE, 'utf8')
  const vectors = makeVectors()

  it('are all there, and no others', () => {
    expect([...page.matchAll(/^```hex (.+)$/gm)].map(match => match[1])).toEqual(Object.keys(vectors))
  })

  it.each(Object.keys(vectors))('hold: %s', name => {
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(PAGE, withVectors(page, vectors))
    expect(vectorIn(readFileSync(PAGE, 'utf8'), name)).toBe(vectors[name])
  })
})

function makeVectors(): Readonly<Record<string, string>> {
  const signer = createSigner(filled(1))
  const record = recordOfHost1()
  const bootId = 1_700_000_000_000n
  const hello = { kind: 'hello', protocolMin: 1, protocolMax: 2, bootId, manifestVersion: 3n, record } as const
  const signature = createSigner(filled(0x0c)).sign(text(`${MANIFEST_CONTEXT}{}`))
  const entries = [{ shortId: 1, topic: Topic.peer, bootId, version: 2n }]
  const bytes: Readonly<Record<string, Uint8Array>> = {
    'peer-name of host 1': Buffer.from(peerNameOf(signer.publicKey).replaceAll(':', ''), 'hex'),
    'first choices of host 1: attempts 0, 1 and 2': firstChoices(),
    'preface with nonce a0…a0': Buffer.concat([filled(0xa0, 16), prefaceProof()]),
    'stretched password wurst-kaese-szenario': stretchPassword(PASSWORD),
    'share for it: host 1 dials host 2, session id 5e…5e, scalar 0d…0d': share(),
    'hello of host 1': encodeMessage(hello),
    'records with the record of host 1': encodeMessage({
      kind: 'records',
      records: [{ topic: Topic.peer, bytes: record }],
    }),
    'manifest with the text {}': encodeMessage({ kind: 'manifest', text: '{}', signature }),
    'heartbeat 7': encodeMessage({ kind: 'heartbeat', sequence: 7 }),
    'summary of the record of host 1': encodeMessage({ kind: 'summary', hash: storeOfHost1().summary() }),
    'buckets of the record of host 1': encodeMessage({ kind: 'buckets', hashes: storeOfHost1().bucketHashes() }),
    'digest of host 1': encodeMessage({ kind: 'digest', buckets: 2n, wantsDigest: true, entries }),
    'host 1 was seen at 203.0.113.1:20000': encodeMessage({
      kind: 'observed',
      endpoint: { ip: '203.0.113.1', port: 20_000 },
    }),
    'punch from host 1 to host 2': encodeMessage({ kind: 'punch', hopsLeft: 16, punch: punchOfHost1() }),
    'datagrams, two of three bytes': encodeMessage({
      kind: 'datagrams',
      datagramBytes: 3,
      bytes: Uint8Array.of(1, 1, 1, 2, 2, 2),
    }),
    goodbye: encodeMessage({ kind: 'goodbye', reason: 'the router stops' }),
    'clock at 1,700,000,000,000 ms': encodeMessage({ kind: 'clock', clockMs: 1_700_000_000_000n }),
    'signed record of host 1': record,
    'signed record of host 1, topic 1': topicRecordOfHost1(),
    'costs: 500 to host 2, 16 to host 300': encodeLinkCosts(
      new Map([
        [2, 500],
        [300, 16],
      ]),
    ),
    'data key from host 1 to host 2': dataKey(),
    'frame from host 1 to host 2, counter 5': datagram(1, 5, frame()),
    'probe 9 from host 1 to host 2, counter 6': datagram(2, 6, probe()),
    'probe 10 from host 1 to host 2, counter 7, that measures 48 bytes': datagram(2, 7, measuringProbe()),
    'part of host 1 for host 2, counter 8: bytes 4 to 6 of 9 of payload 1': datagram(3, 8, part()),
    'fast path question of host 1 to host 2, nonce 04030201': fastPathQuestion(),
  }
  return Object.fromEntries(Object.entries(bytes).map(([name, value]) => [name, Buffer.from(value).toString('hex')]))
}

function fastPathQuestion(): Uint8Array {
  return probeDatagram({ source: 1, destination: 2, nonce: 0x04030201, bytes: 46 })
}

function recordOfHost1(): Uint8Array {
  const signer = createSigner(filled(1))
  const encoded = encodeRecord({
    shortId: 1,
    name: peerNameOf(signer.publicKey),
    bootId: 1_700_000_000_000n,
    version: 2n,
    nickname: 'alpha',
    port: 6783,
    addresses: ['192.0.2.1', '2001:db8::1'],
    keyId: 0x0101,
    publicKey: createAgreementKey(filled(0x11)).publicKey,
    links: [{ shortId: 2, isOutbound: true, isEstablished: true, remote: { ip: '192.0.2.2', port: 6783 }, cost: 8 }],
  })
  return Buffer.concat([encoded, signer.sign(Buffer.concat([text(contextOf(Topic.peer)), encoded]))])
}

function firstChoices(): Uint8Array {
  const name = peerNameOf(createSigner(filled(1)).publicKey)
  return Buffer.from([0, 1, 2].flatMap(attempt => [shortIdOf(name, attempt) >> 8, shortIdOf(name, attempt) & 255]))
}

function share(): Uint8Array {
  const [dialler, acceptor] = [1, 2].map(byte => createSigner(filled(byte)).publicKey)
  const channel = joinWithLengths(text('weave password v1'), dialler ?? filled(0), acceptor ?? filled(0))
  const input = { password: stretchPassword(PASSWORD), sessionId: filled(0x5e), channel }
  return new CpaceRun(input, filled(0x0d)).share
}

function punchOfHost1(): Uint8Array {
  const encoded = encodePunch({
    source: 1,
    destination: 2,
    bootId: 1_700_000_000_000n,
    sequence: 1,
    isReply: false,
    isSymmetric: false,
    candidates: [
      { ip: '192.0.2.1', port: 6783 },
      { ip: '203.0.113.1', port: 20_000 },
      { ip: '2001:db8::1', port: 6783 },
    ],
  })
  return Buffer.concat([encoded, createSigner(filled(1)).sign(Buffer.concat([text(PUNCH_CONTEXT), encoded]))])
}

function topicRecordOfHost1(): Uint8Array {
  const head = { shortId: 1, topic: Topic.names, bootId: 1_700_000_000_000n, version: 3n }
  const encoded = encodeTopicRecord({ ...head, body: text('a body') })
  return Buffer.concat([encoded, createSigner(filled(1)).sign(Buffer.concat([text(contextOf(Topic.names)), encoded]))])
}

function storeOfHost1(): RecordStore {
  const store = new RecordStore()
  const version = { shortId: 1, topic: Topic.peer, bootId: 1_700_000_000_000n, version: 2n }
  store.merge({ ...version, bytes: new Uint8Array(0) })
  return store
}

function prefaceProof(): Uint8Array {
  return createHmac('sha256', filled(0xad)).update('weave preface v1').update(filled(0xa0, 16)).digest()
}

/** The key ids are 0x0101 and 0x0202: what this stand-in for chance yields first. */
function dataKey(): Uint8Array {
  const host1 = new SessionKeys(1, length => filled(length === 2 ? 0x01 : 0x11, length), 0)
  const publicKey = createAgreementKey(filled(0x12)).publicKey
  host1.announce(2, { keyId: 0x0202, publicKey }, 0)
  return host1.sealingFor(2)?.key ?? filled(0, 0)
}

function datagram(kind: number, counter: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + payload.length + 16)
  const ids = { source: 1, destination: 2, sourceKeyId: 0x0101, destinationKeyId: 0x0202 }
  writeHeader(bytes, 0, { kind, ...ids, counter })
  bytes.set(payload, 20)
  const cipher = createNodeCipher()
  const run = { offset: 0, length: bytes.length, datagramBytes: bytes.length }
  cipher.seal(cipher.load(dataKey()), counter, bytes, run)
  setHopsLeft(bytes, 0, 16)
  return bytes
}

function frame(): Uint8Array {
  return Buffer.concat([
    filled(0, 4),
    filled(0xff, 6),
    Uint8Array.of(2, 0, 0, 0, 0, 1, 0x88, 0xb5),
    text('hello, switch'),
  ])
}

function probe(): Uint8Array {
  const bytes = new Uint8Array(5)
  writeProbe(bytes, 0, { sequence: 9, isReply: false })
  return bytes
}

function measuringProbe(): Uint8Array {
  const bytes = new Uint8Array(12)
  writeProbe(bytes, 0, { sequence: 10, isReply: false, datagramBytes: 48 })
  return bytes
}

function part(): Uint8Array {
  const bytes = new Uint8Array(PART_HEADER_BYTES + 3)
  writePartHeader(bytes, 0, { number: 1, start: 4, all: 9 })
  bytes.set([0xaa, 0xbb, 0xcc], PART_HEADER_BYTES)
  return bytes
}

function vectorIn(page: string, name: string): string | undefined {
  const start = page.indexOf(`\`\`\`hex ${name}\n`)
  const body = page.slice(start).split('\n').slice(1)
  return body.slice(0, body.indexOf('```')).join('')
}

function withVectors(page: string, vectors: Readonly<Record<string, string>>): string {
  return page.replaceAll(/^```hex (.+)\n[^`]*```$/gm, (_, name: string) => {
    const lines = (vectors[name] ?? '').match(/.{1,96}/g) ?? []
    return `\`\`\`hex ${name}\n${lines.join('\n')}\n\`\`\``
  })
}
