import {
  CAPTURE_AT,
  createNodeCipher,
  type EndpointKey,
  Forwarder,
  MEMORY_BYTES,
  type PacketSink,
  plainShape,
  RECEIVE_AT,
} from '../../src/core/router/index.ts'

interface Effects {
  injected(frame: Uint8Array): void
  transmitted(to: EndpointKey, datagram: Uint8Array): void
  readonly wanted: PacketSink['wanted']
  readonly probed: PacketSink['probed']
}

export interface SimulatedDataPlane {
  readonly forwarder: Forwarder
  capture(frame: Uint8Array, now: number): void
  receive(datagram: Uint8Array, from: EndpointKey, now: number): void
}

/** A forwarder with its memory; what it gives to the sink is copied, for it is overwritten later. */
export function simulateDataPlane({ injected, transmitted, wanted, probed }: Effects): SimulatedDataPlane {
  const memory = new Uint8Array(MEMORY_BYTES)
  const sink: PacketSink = {
    inject: (offset, length) => injected(memory.slice(offset, offset + length)),
    transmit(to, offset, length, datagramBytes) {
      const end = offset + length
      for (let at = offset; at < end; at += datagramBytes) {
        transmitted(to, memory.slice(at, Math.min(at + datagramBytes, end)))
      }
    },
    wanted,
    probed,
  }
  const joins = { tcp: false, udp: false }
  const forwarder = new Forwarder({ cipher: createNodeCipher(), sink, memory, joins })
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
  }
}
