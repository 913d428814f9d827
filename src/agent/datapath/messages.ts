import type { EndpointKey, ForwarderCounters, ForwardingTable, LogLevel, Probe } from '../../core/router/index.ts'
import type { TapDevice } from '../linux/tap-device.ts'

/** What the data path's thread is started with. */
export interface DataPathStart {
  readonly tap: TapDevice
  readonly udpFd: number
  readonly wakeFd: number
}

/** To the data path. Each is followed by a signal on the wake descriptor. */
export type DataPathOrder =
  | { readonly kind: 'table'; readonly table: ForwardingTable }
  | { readonly kind: 'probe'; readonly peer: number; readonly to: EndpointKey; readonly probe: Probe }
  /** Answered by `report`. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'stop' }

/** From the data path. */
export type DataPathEvent =
  | { readonly kind: 'probed'; readonly peer: number; readonly probe: Probe; readonly from: EndpointKey }
  | { readonly kind: 'wanted'; readonly peer: number }
  | { readonly kind: 'report'; readonly report: DataPathReport }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  /** The thread ends after it. */
  | { readonly kind: 'failed'; readonly reason: string }

export interface DataPathReport {
  readonly cipher: 'openssl' | 'node'
  readonly offload: TapDevice['offload']
  readonly forwarder: ForwarderCounters
  readonly pump: PumpCounters
}

/** What the system calls of the data path came to. */
export interface PumpCounters {
  framesRead: number
  framesWritten: number
  framesRefused: number
  datagramsReceived: number
  datagramsSent: number
  datagramsRefused: number
  /** Calls that brought or took several datagrams. */
  runsReceived: number
  runsSent: number
  /** Runs that the kernel did not take as one: their datagrams were sent one by one. */
  runsSplit: number
}
