import { strict as assert } from 'node:assert'
import {
  createNodeCipher,
  type DatagramCipher,
  EndpointKeys,
  Forwarder,
  type ForwardingTable,
  MEMORY_BYTES,
  RECEIVE_AT,
} from '../../src/core/router/index.ts'
import {
  DatagramKind,
  HEADER_BYTES,
  HOPS_MAX,
  setHopsLeft,
  TAG_BYTES,
  writeHeader,
} from '../../src/core/wire/datagram.ts'
import type { FuzzTarget } from './targets.ts'

const NEIGHBOUR = { ip: '10.0.0.1', port: 6783 }
const FROM = new EndpointKeys().of(NEIGHBOUR)
const KEY = { sourceKeyId: 3, destinationKeyId: 4, key: new Uint8Array(32).fill(1) }
const TABLE: ForwardingTable = {
  self: 2,
  peers: [
    { shortId: 1, nextHop: 1, sealing: KEY, opening: [KEY] },
    { shortId: 3, nextHop: 3, opening: [] },
  ],
  neighbours: [
    { shortId: 1, endpoint: NEIGHBOUR },
    { shortId: 3, endpoint: { ip: '10.0.0.3', port: 6783 } },
  ],
}
const FRAME_BYTES_MAX = 64 * 1024
/** Ethernet, IPv4 and TCP with four bytes of data. */
const TCP_FRAME = Buffer.from(
  'ffffffffffff020000000001080045000030000140004006000000000a020001' +
    '0a0200020400005000000001000000015018ffff00000000',
  'hex',
)

export const FORWARDER_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'datagram',
    seeds: () => [datagram(DatagramKind.frame, TCP_FRAME), datagram(DatagramKind.probe, new Uint8Array(5))],
    create: () => receiver(createNodeCipher()),
  },
  {
    name: 'opened-datagram',
    seeds: () => [
      datagram(DatagramKind.frame, Buffer.concat([new Uint8Array(4), TCP_FRAME])),
      datagram(DatagramKind.probe, new Uint8Array(5)),
      datagram(DatagramKind.part, Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 20, ...new Uint8Array(20))),
      datagram(DatagramKind.frame, Buffer.concat([Uint8Array.of(3, 34, 0, 2), TCP_FRAME])),
      forOthers(datagram(DatagramKind.frame, TCP_FRAME)),
    ],
    create: () => receiver(trusting()),
  },
]

/** Takes each input as one datagram, and as a run of datagrams of the size that its first byte says. */
function receiver(cipher: DatagramCipher): (input: Uint8Array) => void {
  const memory = new Uint8Array(MEMORY_BYTES)
  const within = (offset: number, length: number) => {
    assert.ok(length >= 0 && offset >= 0 && offset + length <= MEMORY_BYTES, `${length} bytes at ${offset}`)
  }
  const forwarder = new Forwarder({
    cipher,
    memory,
    joins: { tcp: true, udp: true },
    sink: {
      inject(offset, length) {
        within(offset, length)
        assert.ok(length <= FRAME_BYTES_MAX + 14, `a frame of ${length} bytes`)
      },
      transmit: (_to, offset, length) => within(offset, length),
      transmitWhole: (_to, offset, length) => {
        within(offset, length)
        return true
      },
      wanted: () => undefined,
      filled: () => undefined,
      worn: () => undefined,
      probed: (peer, { probe }) => assert.ok(peer === 1 && Number.isSafeInteger(probe.sequence)),
    },
  })
  return input => {
    for (const size of [input.length, 40 + (input[0] ?? 0)]) {
      forwarder.apply({ ...TABLE, peers: [] })
      forwarder.apply(TABLE)
      memory.set(input, RECEIVE_AT)
      forwarder.receive(input.length, size, FROM, 0)
      forwarder.deliver()
    }
  }
}

/** Opens whatever comes, so that what is behind the seal is reached. */
function trusting(): DatagramCipher {
  const verdicts = new Uint8Array(64).fill(1)
  return { verdicts, load: () => 1, unload: () => undefined, seal: () => undefined, open: () => verdicts.length }
}

function datagram(kind: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length + TAG_BYTES)
  const { sourceKeyId, destinationKeyId } = KEY
  writeHeader(bytes, 0, { kind, source: 1, destination: 2, sourceKeyId, destinationKeyId, counter: 1 })
  bytes.set(payload, HEADER_BYTES)
  setHopsLeft(bytes, 0, HOPS_MAX)
  return bytes
}

function forOthers(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice()
  changed[7] = 3
  return changed
}
