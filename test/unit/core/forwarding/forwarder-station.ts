import type { FloodCosts } from '../../../../src/core/forwarding/flood-limit.ts'
import {
  CAPTURE_AT,
  createNodeCipher,
  type EndpointKey,
  Forwarder,
  type ForwardingTable,
  type FrameShape,
  MEMORY_BYTES,
  plainShape,
  RECEIVE_AT,
} from '../../../../src/core/router/index.ts'

export interface Sent {
  readonly to: EndpointKey
  readonly bytes: Uint8Array
  readonly datagramBytes: number
}

export interface Station {
  readonly forwarder: Forwarder
  /** How often a key was said to have sealed enough. */
  worn(): number
  capture(frame: Uint8Array, shape?: FrameShape): Sent[]
  captureAll(frames: readonly Uint8Array[]): void
  taken(): Sent[]
  /** Datagrams are of one size, the whole when none is given. */
  receive(datagrams: Uint8Array, from: EndpointKey, datagramBytes?: number): Uint8Array[]
  relay(datagrams: Uint8Array, from: EndpointKey, datagramBytes?: number): Sent[]
}

/** A forwarder with what is around it played by arrays. */
export function station(
  table: ForwardingTable,
  limits: { readonly arrivalsPerSecond?: FloodCosts; readonly sealedMax?: number } = {},
): Station {
  const sent: Sent[] = []
  const injected: Uint8Array[] = []
  let worn = 0
  const memory = new Uint8Array(MEMORY_BYTES)
  const forwarder = new Forwarder({
    cipher: createNodeCipher(),
    memory,
    joins: { tcp: true, udp: true },
    ...limits,
    sink: {
      inject: (offset, length) => injected.push(memory.slice(offset, offset + length)),
      transmit: (to, offset, length, datagramBytes) =>
        sent.push({ to, bytes: memory.slice(offset, offset + length), datagramBytes }),
      transmitWhole: (to, offset, length) => {
        sent.push({ to, bytes: memory.slice(offset, offset + length), datagramBytes: 0 })
        return true
      },
      wanted: () => undefined,
      filled: () => undefined,
      worn: () => worn++,
      probed: () => undefined,
    },
  })
  forwarder.apply(table)
  const capture = (frame: Uint8Array, shape: FrameShape) => {
    memory.set(frame, CAPTURE_AT)
    forwarder.capture(frame.length, shape, 0)
  }
  const receive = (datagrams: Uint8Array, from: EndpointKey, datagramBytes: number) => {
    memory.set(datagrams, RECEIVE_AT)
    forwarder.receive(datagrams.length, datagramBytes, from, 0)
    forwarder.deliver()
  }
  return {
    forwarder,
    worn: () => worn,
    taken: () => sent.splice(0),
    capture(frame, shape = plainShape()) {
      capture(frame, shape)
      forwarder.flush()
      return sent.splice(0)
    },
    captureAll(frames) {
      for (const frame of frames) capture(frame, plainShape())
      forwarder.flush()
    },
    receive(datagrams, from, datagramBytes = datagrams.length) {
      receive(datagrams, from, datagramBytes)
      return injected.splice(0)
    },
    relay(datagrams, from, datagramBytes = datagrams.length) {
      receive(datagrams, from, datagramBytes)
      return sent.splice(0)
    },
  }
}
