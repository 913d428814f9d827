import type { Endpoint } from '../../base/endpoint.ts'
import type { DatagramCipher, HeardProbe, PacketSink } from '../../core/router/index.ts'
import type { Libc, PinnedBytes } from '../linux/libc.ts'
import type { TapDevice } from '../linux/tap-device.ts'
import type { UdpSocket } from '../linux/udp-socket.ts'

export interface PumpOptions {
  readonly libc: Libc
  readonly cipher: DatagramCipher
  readonly tap: TapDevice
  readonly udp: UdpSocket
  /** A second socket at the port of `udp`, past what waits there; -1: none. */
  readonly promptFd: number
  readonly wakeFd: number
  readonly probed: (peer: number, heard: HeardProbe<Endpoint>) => void
  readonly wanted: PacketSink['wanted']
  readonly filled: PacketSink['filled']
  readonly worn: PacketSink['worn']
  /** Told once, when there were so many packets that more will come. */
  readonly atWork: () => unknown
  /** Gives datagrams to a neighbour's control link; false when it is too far behind. The bytes may be kept. */
  readonly carry: (neighbour: number, datagramBytes: number, bytes: Uint8Array) => boolean
  readonly clock: () => number
  /** Whether small frames that come fast may be kept waiting for others. */
  readonly gathers: boolean
  /** Memory for the four `pollfd` of `poll`; its own when absent. */
  readonly polled?: PinnedBytes
}
