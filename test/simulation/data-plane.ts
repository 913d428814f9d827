import {
  CAPTURE_AT,
  type DatagramCipher,
  type EndpointKey,
  Forwarder,
  MEMORY_BYTES,
  type PacketSink,
  plainShape,
  RECEIVE_AT,
} from '../../src/core/router/index.ts'

export interface DataPlaneEffects {
  readonly cipher: DatagramCipher
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
export function simulateDataPlane(effects: DataPlaneEffects): SimulatedDataPlane {
  const { cipher, injected, transmitted, wanted, probed } = effects
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
  }
}
