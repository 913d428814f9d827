import fc from 'fast-check'
import {
  CAPTURE_AT,
  createNodeCipher,
  type EndpointKey,
  Forwarder,
  type FrameShape,
  MEMORY_BYTES,
  plainShape,
  RECEIVE_AT,
} from '../../../../src/core/router/index.ts'
import { type Burst, burst } from './frame-factory.ts'

export const [A, B] = [1, 2].map(n => ({ shortId: n, endpoint: { ip: `10.0.0.${n}`, port: 6783 } }))

/** Forwarders `a` and `b`; datagrams from `a` to `b` may have `size` bytes. `joins`: what the port of `b` takes. */
export function pair(size: number | undefined, joins = true) {
  const key = { sourceKeyId: 3, destinationKeyId: 4, key: new Uint8Array(32).fill(1) }
  const back = { sourceKeyId: 4, destinationKeyId: 3, key: new Uint8Array(32).fill(2) }
  const a = station(
    { self: 1, peers: [{ shortId: 2, nextHop: 2, sealing: key, opening: [back] }], neighbours: [B!] },
    joins,
  )
  const b = station(
    { self: 2, peers: [{ shortId: 1, nextHop: 1, sealing: back, opening: [key] }], neighbours: [A!] },
    joins,
  )
  // Known addresses: what is for all is never answered.
  a.capture(Uint8Array.from([...Buffer.from('ffffffffffff0200000000ee88b5', 'hex'), ...new Uint8Array(50)]))
  a.forwarder.resizePath(2, size)
  return { a, b }
}

/** A forwarder that tells what it made. */
export function station(table: Parameters<Forwarder['apply']>[0], joins = true) {
  const memory = new Uint8Array(MEMORY_BYTES)
  const sent: Uint8Array[] = []
  const injected: { readonly bytes: Uint8Array; readonly shape: FrameShape }[] = []
  const [filled, whole]: [number[], number[]] = [[], []]
  const probed: unknown[] = []
  const transmit = (_: EndpointKey, offset: number, length: number, size: number) => {
    for (let at = 0; at < length; at += size) sent.push(memory.slice(offset + at, offset + Math.min(at + size, length)))
  }
  const forwarder = new Forwarder({
    cipher: createNodeCipher(),
    memory,
    joins: { tcp: joins, udp: joins },
    sink: {
      inject: (offset, length, shape) =>
        injected.push({ bytes: memory.slice(offset, offset + length), shape: { ...shape } }),
      transmit,
      transmitWhole(to, offset, length) {
        whole.push(length)
        transmit(to, offset, length, length)
        return true
      },
      wanted: () => undefined,
      filled: peer => filled.push(peer),
      worn: () => undefined,
      probed: (_, { probe }) => probed.push(probe),
    },
  })
  forwarder.apply(table)
  const receive = (datagrams: readonly Uint8Array[], now: number) => {
    const bytes = Buffer.concat(datagrams)
    memory.set(bytes, RECEIVE_AT)
    forwarder.receive(bytes.length, datagrams[0]?.length ?? 0, forwarder.keys.of(A!.endpoint), now)
    forwarder.deliver()
    return injected.splice(0)
  }
  return {
    forwarder,
    filled,
    whole,
    probed,
    injected: () => injected.splice(0),
    taken: () => sent.splice(0),
    capture(frame: Uint8Array, shape = plainShape(), now = 0): Uint8Array[] {
      memory.set(frame, CAPTURE_AT)
      forwarder.capture(frame.length, shape, now)
      forwarder.flush()
      return sent.splice(0)
    },
    receive: (datagram: Uint8Array, now = 0) => receive([datagram], now),
    receiveAll: (datagrams: readonly Uint8Array[]) => receive(datagrams, 0),
  }
}

/** A stream that nothing is special about. */
export function sample(): Burst {
  return { ...fc.sample(burst, 1)[0]!, tags: 0, optionWords: 0, flags: 0x10, identification: 5 }
}
