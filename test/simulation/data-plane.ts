import {
  CAPTURE_AT,
  type DatagramCipher,
  type EndpointKey,
  Forwarder,
  isLinkKey,
  linkKey,
  MEMORY_BYTES,
  neighbourOf,
  type PacketSink,
  plainShape,
  RECEIVE_AT,
} from '../../src/core/router/index.ts'

/** Datagrams that a control link carries. */
export interface Carried {
  readonly neighbour: number
  readonly datagramBytes: number
  readonly bytes: Uint8Array
}

export interface DataPlaneEffects {
  readonly cipher: DatagramCipher
  injected(frame: Uint8Array): void
  transmitted(to: EndpointKey, datagram: Uint8Array): void
  carried(carry: Carried): void
  readonly wanted: PacketSink['wanted']
  readonly probed: PacketSink['probed']
}

export interface SimulatedDataPlane {
  readonly forwarder: Forwarder
  capture(frame: Uint8Array, now: number): void
  receive(datagram: Uint8Array, from: EndpointKey, now: number): void
  carried(carry: Carried, now: number): void
}

/** A forwarder with its memory; what it gives to the sink is copied, for it is overwritten later. */
export function simulateDataPlane(effects: DataPlaneEffects): SimulatedDataPlane {
  const { cipher, injected, transmitted, carried, wanted, probed } = effects
  const memory = new Uint8Array(MEMORY_BYTES)
  const sink: PacketSink = {
    inject: (offset, length) => injected(memory.slice(offset, offset + length)),
    transmit(to, offset, length, datagramBytes) {
      const end = offset + length
      if (isLinkKey(to)) return carried({ neighbour: neighbourOf(to), datagramBytes, bytes: memory.slice(offset, end) })
      for (let at = offset; at < end; at += datagramBytes) {
        transmitted(to, memory.slice(at, Math.min(at + datagramBytes, end)))
      }
    },
    wanted,
    probed,
  }
  const joins = { tcp: false, udp: false }
  const forwarder = new Forwarder({ cipher, sink, memory, joins })
  return {
    forwarder,
    capture(frame, now) {
      memory.set(frame, CAPTURE_AT)
      forwarder.capture(frame.length, plainShape(), now)
      forwarder.flush()
    },
    receive(datagram, from, now) {
      memory.set(datagram, RECEIVE_AT)
      forwarder.receive(datagram.length, datagram.length, from, now)
    },
    carried({ neighbour, datagramBytes, bytes }, now) {
      memory.set(bytes, RECEIVE_AT)
      forwarder.receive(bytes.length, datagramBytes, linkKey(neighbour), now)
    },
  }
}
