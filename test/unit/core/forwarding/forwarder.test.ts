import fc from 'fast-check'
import type { FloodCosts } from '../../../../src/core/forwarding/flood-limit.ts'
import { type EndpointKey, EndpointKeys, linkKey, plainShape } from '../../../../src/core/router/index.ts'
import { type Station, station } from './forwarder-station.ts'

const keys = new EndpointKeys()
const A = keys.of({ ip: '10.0.0.1', port: 6783 })
const B = keys.of({ ip: '10.0.0.2', port: 6783 })
const C = keys.of({ ip: '10.0.0.3', port: 6783 })
const stranger = keys.of({ ip: '10.9.9.9', port: 1 })

describe('the forwarder', () => {
  it('delivers the same frame that was captured, sealed on the way', () => {
    const { a, b } = pair()
    const sent = a.capture(frameOf('secret'))
    expect(Buffer.from(sent[0]!.bytes).includes('secret')).toBe(false)
    expect(b.receive(sent[0]!.bytes, A)).toEqual([frameOf('secret')])
  })

  it.each([
    ['a replay', 'droppedReplay', receiveOnce],
    ['a forgery', 'droppedForged', (bytes: Uint8Array) => bytes.map((byte, i) => (i === 30 ? byte ^ 1 : byte))],
    ['another version', 'droppedVersion', (bytes: Uint8Array) => bytes.map((byte, i) => (i === 0 ? 9 : byte))],
    ['another kind', 'droppedForged', (bytes: Uint8Array) => bytes.map((byte, i) => (i === 1 ? 2 : byte))],
    ['the wrong key epoch', 'droppedUnknownKey', (bytes: Uint8Array) => flipped(bytes, 9)],
    ['the name of the wrong peer', 'droppedUnknownKey', (bytes: Uint8Array) => flipped(bytes, 5)],
    [
      'a forged sequence, beyond what the window may be moved to',
      'droppedForged',
      (bytes: Uint8Array) => flipped(bytes, 14),
    ],
    ['a truncated one', 'droppedForged', (bytes: Uint8Array) => bytes.slice(0, -1)],
    ['a stub', 'droppedShort', (bytes: Uint8Array) => bytes.slice(0, 30)],
    ['a huge one', 'droppedForged', (bytes: Uint8Array) => Uint8Array.from([...bytes, ...new Uint8Array(65_000)])],
  ] as const)('drops and counts %s', (_, reason, spoil) => {
    const { a, b } = pair()
    const [sent] = a.capture(frameOf('x'))
    const spoilt = spoil(sent!.bytes.slice(), b)
    expect(b.receive(spoilt.slice(), A)).toEqual([])
    expect(b.forwarder.counters[reason]).toBe(1)
  })

  it('asks for another key once one has sealed enough, and seals nothing more with it after twice as much', () => {
    const { a, tables } = pair(undefined, 3)
    const send = () => a.capture(frameOf('x')).length
    expect([send(), send(), a.worn(), send(), a.worn()]).toEqual([1, 1, 0, 1, 1])
    expect([send(), send(), send(), send(), send()]).toEqual([1, 1, 1, 0, 0])
    expect(a.worn()).toBe(1)
    expect(a.forwarder.counters.droppedWornKey).toBe(2)
    const [toB] = tables.a.peers
    a.forwarder.apply({ ...tables.a, peers: [{ ...toB!, sealing: { ...toB!.sealing, sourceKeyId: 9 } }] })
    expect([send(), send(), send(), a.worn()]).toEqual([1, 1, 1, 2])
  })

  it('goes on with the sender after each of these, as if it had not come', () => {
    const { a, b } = pair()
    const [first, next] = [a.capture(frameOf('1'))[0]!.bytes, a.capture(frameOf('2'))[0]!.bytes]
    // All bytes but the hops, which relays count down, and the one beside them.
    const protectedBytes = Array.from(first.keys()).filter(at => at !== 2 && at !== 3)
    for (const at of protectedBytes) expect(b.receive(flipped(first, at), A)).toEqual([])
    expect(b.receive(first, A)).toEqual([frameOf('1')])
    expect(b.receive(next, A)).toEqual([frameOf('2')])
  })

  it('lets nobody elsewhere take the address of a container of this host', () => {
    const { a, b } = pair()
    const own = '02:00:00:00:00:0b'
    b.capture(frameOf('here I am', own))
    expect(b.receive(a.capture(frameOf('no, here', own))[0]!.bytes, A)).toEqual([])
    expect(b.forwarder.counters).toMatchObject({ droppedSpoofed: 1, macsHeld: 1, injected: 0 })
  })

  it('keeps sending to the peer of a container when another peer borrows its address', () => {
    const key = { sourceKeyId: 3, destinationKeyId: 4, key: new Uint8Array(32).fill(1) }
    const peerOf = (shortId: number) => ({ shortId, nextHop: shortId, sealing: key, opening: [key] })
    const c = station({ self: 9, peers: [peerOf(1), peerOf(2)], neighbours: [near(1, A), near(2, B)] })
    const from = (self: number) => station({ self, peers: [{ ...peerOf(9), sealing: key }], neighbours: [near(9, C)] })
    const [owner, thief] = [from(1), from(2)]
    const victim = '02:00:00:00:00:0d'
    for (const [sender, key] of [
      [owner, A],
      [thief, B],
    ] as const) {
      expect(c.receive(sender.capture(frameOf('hello', victim))[0]!.bytes, key)).toHaveLength(1)
    }
    expect(c.capture(frameOf('for the owner', '02:00:00:00:00:0c', victim)).map(({ to }) => to)).toEqual([A])
    expect(c.forwarder.counters).toMatchObject({ macsHeld: 1, macsMoved: 0 })
  })

  it('opens a datagram that comes from another address: the key is the proof, not the source', () => {
    const { a, b } = pair()
    expect(b.receive(a.capture(frameOf('x'))[0]!.bytes, stranger)).toHaveLength(1)
  })

  it('relays for neighbours only, and counts the hops down', () => {
    const { a } = pair()
    const relay = station({
      self: 9,
      peers: [{ shortId: 2, nextHop: 2, opening: [] }],
      neighbours: [near(1, A), near(2, B)],
    })
    const [sent] = a.capture(frameOf('x'))
    expect(relay.relay(sent!.bytes.slice(), stranger)).toEqual([])
    const [relayed] = relay.relay(sent!.bytes.slice(), A)
    expect(relayed?.to).toBe(B)
    expect(relayed?.bytes[2]).toBe(sent!.bytes[2]! - 1)
    const last = sent!.bytes.map((byte, i) => (i === 2 ? 1 : byte))
    expect(relay.relay(last, A)).toEqual([])
    expect(relay.forwarder.counters).toMatchObject({ droppedStranger: 1, relayed: 1, droppedHops: 1 })
  })

  it('drops and counts a frame whose checksum is said to be outside of it, though its sender is known', () => {
    const { a, b } = pair()
    const [sent] = a.capture(frameOf('x'), { ...plainShape(), checksumStart: 200, checksumOffset: 16 })
    expect(b.receive(sent!.bytes, A)).toEqual([])
    expect(b.forwarder.counters.droppedMeta).toBe(1)
  })

  it('sends what it was given in one batch as one run, and relays a run as one', () => {
    const { a, b } = pair()
    a.captureAll([frameOf('one'), frameOf('two'), frameOf('la')])
    const [run, ...more] = a.taken()
    expect(more).toEqual([])
    expect(run!.datagramBytes).toBe(run!.bytes.length - 2 * run!.datagramBytes + 1)
    const relay = station({
      self: 9,
      peers: [{ shortId: 2, nextHop: 2, opening: [] }],
      neighbours: [near(1, A), near(2, B)],
    })
    const [relayed] = relay.relay(run!.bytes.slice(), A, run!.datagramBytes)
    expect(relayed).toMatchObject({ to: B, datagramBytes: run!.datagramBytes })
    expect(relayed!.bytes).toHaveLength(run!.bytes.length)
    expect(b.receive(relayed!.bytes, A, run!.datagramBytes)).toEqual([frameOf('one'), frameOf('two'), frameOf('la')])
  })

  it('gives what is for a neighbour without an endpoint to the link, and relays what came over one', () => {
    const { a, b, tables } = pair()
    a.forwarder.apply({ ...tables.a, neighbours: [{ shortId: 2 }] })
    const [sent] = a.capture(frameOf('x'))
    expect(sent!.to).toBe(linkKey(2))
    const relay = station({
      self: 9,
      peers: [{ shortId: 2, nextHop: 2, opening: [] }],
      neighbours: [near(1, A), near(2, B)],
    })
    expect(relay.relay(sent!.bytes.slice(), linkKey(3))).toEqual([])
    expect(relay.relay(sent!.bytes.slice(), linkKey(1))).toMatchObject([{ to: B }])
    expect(b.receive(sent!.bytes, linkKey(1))).toEqual([frameOf('x')])
  })

  it('takes a probe over UDP only: a link would prove nothing', () => {
    const { a, b } = pair()
    a.forwarder.probes.send(2, { to: B, probe: { sequence: 1, isReply: false } }, 0)
    const [probe] = a.taken()
    b.receive(probe!.bytes.slice(), linkKey(1))
    expect(b.forwarder.counters.droppedVersion).toBe(1)
  })

  it('goes on counting under a key when a table comes that still has it', () => {
    const { a, b, tables } = pair()
    const first = a.capture(frameOf('1'))[0]!.bytes
    b.receive(first.slice(), A)
    a.forwarder.apply(tables.a)
    b.forwarder.apply(tables.b)
    expect(b.receive(a.capture(frameOf('2'))[0]!.bytes, A)).toHaveLength(1)
    b.receive(first, A)
    expect(b.forwarder.counters.droppedReplay).toBe(1)
  })

  it('keeps a frame for a container of its own host off the wire', () => {
    const { a } = pair()
    a.capture(frameOf('hello', '02:00:00:00:00:07', 'ff:ff:ff:ff:ff:ff'))
    expect(a.capture(frameOf('x', '02:00:00:00:00:08', '02:00:00:00:00:07'))).toEqual([])
  })

  it('damps a storm: floods of a source beyond the limit are dropped and counted, those of another pass', () => {
    const peers = Array.from({ length: 4_000 }, (_, i) => ({ shortId: i + 2, nextHop: 2, opening: [] }))
    const { forwarder, captureAll } = station({ self: 1, peers, neighbours: [near(2, B)] })
    captureAll(Array.from({ length: 60 }, () => frameOf('storm')))
    expect(forwarder.counters).toMatchObject({ flooded: 50, droppedStorm: 10 })
    captureAll([frameOf('quiet', '02:00:00:00:00:02')])
    expect(forwarder.counters).toMatchObject({ flooded: 51, droppedStorm: 10 })
  })

  it('damps a storm of a peer: of its floods the bridge is given so many, of other frames all', () => {
    const { a, b } = pair({ ofSource: 3, ofAll: 100 })
    const arrivals = Array.from({ length: 5 }, () => b.receive(a.capture(frameOf('storm'))[0]!.bytes, A).length)
    expect(arrivals).toEqual([1, 1, 1, 0, 0])
    expect(b.forwarder.counters).toMatchObject({ injected: 3, droppedStorm: 2 })
    const [unicast] = a.capture(frameOf('x', '02:00:00:00:00:01', '02:00:00:00:00:09'))
    expect(b.receive(unicast!.bytes, A)).toHaveLength(1)
  })

  it('survives any datagram', () => {
    const { b } = pair()
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => expect(b.receive(bytes, A)).toEqual([])))
  })
})

function pair(arrivalsPerSecond?: FloodCosts, sealedMax?: number) {
  const key = { sourceKeyId: 3, destinationKeyId: 4, key: new Uint8Array(32).fill(1) }
  const toB = { shortId: 2, nextHop: 2, sealing: key, opening: [] }
  const fromA = { shortId: 1, nextHop: 1, opening: [key] }
  const tables = {
    a: { self: 1, peers: [toB], neighbours: [near(2, B), near(3, C)] },
    b: { self: 2, peers: [fromA], neighbours: [near(1, A)] },
  }
  const [a, b] = [
    station(tables.a, sealedMax === undefined ? {} : { sealedMax }),
    station(tables.b, arrivalsPerSecond === undefined ? {} : { arrivalsPerSecond }),
  ]
  return { a, b, tables }
}

function receiveOnce(bytes: Uint8Array, at: Station): Uint8Array {
  at.receive(bytes.slice(), A)
  return bytes
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
}

function near(shortId: number, key: EndpointKey) {
  const ip = { [A]: '10.0.0.1', [B]: '10.0.0.2', [C]: '10.0.0.3' }[key] ?? ''
  return { shortId, endpoint: { ip, port: 6783 } }
}

function frameOf(text: string, source = '02:00:00:00:00:01', destination = 'ff:ff:ff:ff:ff:ff'): Uint8Array {
  const octets = [...destination.split(':'), ...source.split(':')].map(pair => Number.parseInt(pair, 16))
  return Uint8Array.from([...octets, 0x88, 0xb5, ...Buffer.from(text)])
}
