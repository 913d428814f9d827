import type { Endpoint } from '../../src/base/endpoint.ts'
import {
  CAPTURE_AT,
  type DatagramCipher,
  Forwarder,
  type Input,
  isLinkKey,
  linkKey,
  MEMORY_BYTES,
  neighbourOf,
  type Output,
  type PacketSink,
  plainShape,
  RECEIVE_AT,
} from '../../src/core/router/index.ts'

type DataPlaneOutput = Extract<Output, { kind: 'carried' | 'probe' | 'path-size' }>

export interface DataPlaneEffects {
  readonly cipher: DatagramCipher
  readonly sealedMax: number | undefined
  injected(frame: Uint8Array): void
  /** `to`: absent when it goes over a control link. */
  transmitted(datagram: Uint8Array, to?: Endpoint): void
  /** Tells the router. */
  tell(input: Input): void
}

export interface SimulatedDataPlane {
  readonly forwarder: Forwarder
  capture(frame: Uint8Array, now: number): void
  receive(datagram: Uint8Array, from: Endpoint, now: number): void
  /** What the router wants of it, but for the table. */
  obey(output: DataPlaneOutput, now: number): void
}

/** A forwarder with its memory; what it gives to the sink is copied, for it is overwritten later. */
export function simulateDataPlane(effects: DataPlaneEffects): SimulatedDataPlane {
  const { cipher, sealedMax, injected, transmitted, tell } = effects
  const memory = new Uint8Array(MEMORY_BYTES)
  const sink: PacketSink = {
    inject: (offset, length) => injected(memory.slice(offset, offset + length)),
    transmit(to, offset, length, datagramBytes) {
      const end = offset + length
      const endpoint = isLinkKey(to) ? undefined : forwarder.keys.endpointOf(to)
      for (let at = offset; at < end; at += datagramBytes) {
        transmitted(memory.slice(at, Math.min(at + datagramBytes, end)), endpoint)
      }
      if (isLinkKey(to)) {
        tell({ kind: 'carry', neighbour: neighbourOf(to), datagramBytes, bytes: memory.slice(offset, end) })
      }
    },
    transmitWhole(to, offset, length) {
      sink.transmit(to, offset, length, length)
      return true
    },
    wanted: peer => tell({ kind: 'path-wanted', peer }),
    filled: peer => tell({ kind: 'path-filled', peer }),
    worn: () => tell({ kind: 'key-worn' }),
    probed: (peer, heard) =>
      tell({ kind: 'probe-received', peer, ...heard, from: forwarder.keys.endpointOf(heard.from) }),
  }
  const joins = { tcp: false, udp: false }
  const limit = sealedMax === undefined ? {} : { sealedMax }
  const forwarder = new Forwarder({ cipher, sink, memory, joins, ...limit })
  return {
    forwarder,
    capture(frame, now) {
      memory.set(frame, CAPTURE_AT)
      forwarder.capture(frame.length, plainShape(), now)
      forwarder.flush()
    },
    receive(datagram, from, now) {
      memory.set(datagram, RECEIVE_AT)
      forwarder.receive(datagram.length, datagram.length, forwarder.keys.of(from), now)
      forwarder.deliver()
    },
    obey(output, now) {
      switch (output.kind) {
        case 'probe':
          forwarder.probes.send(output.peer, { to: forwarder.keys.of(output.to), probe: output.probe }, now)
          return
        case 'path-size':
          return forwarder.resizePath(output.peer, output.datagramBytes)
        case 'carried':
          memory.set(output.bytes, RECEIVE_AT)
          forwarder.receive(output.bytes.length, output.datagramBytes, linkKey(output.neighbour), now)
          forwarder.deliver()
      }
    },
  }
}
