import type { Endpoint } from '../../base/endpoint.ts'
import type {
  ForwarderCounters,
  ForwardingTable,
  HeardProbe,
  LogLevel,
  MacListing,
  Probe,
} from '../../core/router/index.ts'
import type { TapDevice } from '../linux/tap-device.ts'
import type { UdpSocket } from '../linux/udp-socket.ts'

/** What the data path's thread is started with. */
export interface DataPathStart {
  readonly tap: TapDevice
  readonly udp: UdpSocket
  readonly promptFd: number
  readonly wakeFd: number
  /** One number that both threads change: bytes that are on their way to a control link. */
  readonly waitingBytes: Int32Array
}

/** To the data path. Each is followed by a signal on the wake descriptor. */
export type DataPathOrder =
  | { readonly kind: 'table'; readonly table: ForwardingTable }
  | { readonly kind: 'probe'; readonly peer: number; readonly to: Endpoint; readonly probe: Probe }
  /** How large datagrams for the peer may be. */
  | { readonly kind: 'path-size'; readonly peer: number; readonly datagramBytes: number | undefined }
  /** Datagrams that a control link has carried. */
  | {
      readonly kind: 'carried'
      readonly neighbour: number
      readonly datagramBytes: number
      readonly bytes: Uint8Array
    }
  /** Keeps for the next start what the engine has made of the thread's program. */
  | { readonly kind: 'keep-code' }
  /** Plays a scene of the rehearsal; answered by `scene-played` unless it was the last. */
  | { readonly kind: 'rehearse' }
  /** Answered by `report`. */
  | { readonly kind: 'ask' }
  /** Answered by `macs`. */
  | { readonly kind: 'ask-macs' }
  | { readonly kind: 'stop' }

/** From the data path. */
export type DataPathEvent =
  | ({ readonly kind: 'probed'; readonly peer: number } & HeardProbe<Endpoint>)
  /** First of all: the thread's program is loaded. */
  | { readonly kind: 'loaded' }
  | { readonly kind: 'wanted'; readonly peer: number }
  | { readonly kind: 'filled'; readonly peer: number; readonly refused?: number }
  | { readonly kind: 'worn' }
  /** Once, when frames come that are worth fast code. */
  | { readonly kind: 'at-work' }
  /** Datagrams for a control link to carry. Those that the other thread has yet to take are counted in `waitingBytes`. */
  | {
      readonly kind: 'carry'
      readonly neighbour: number
      readonly datagramBytes: number
      readonly bytes: Uint8Array
    }
  | { readonly kind: 'scene-played' }
  | { readonly kind: 'report'; readonly report: DataPathReport }
  | { readonly kind: 'macs'; readonly macs: MacListing }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  /** The thread ends after it. */
  | { readonly kind: 'failed'; readonly reason: string }

/** Bytes of sealed datagrams for a peer, and from it. */
export interface PeerTraffic {
  readonly peer: number
  readonly sentBytes: number
  readonly receivedBytes: number
}

export interface DataPathReport {
  readonly cipher: 'openssl' | 'node'
  readonly offload: TapDevice['offload']
  readonly forwarder: ForwarderCounters
  readonly traffic: readonly PeerTraffic[]
  readonly pump: PumpCounters
  /** Datagrams and runs that a control link was to carry and was too far behind for. */
  readonly linkDropped: number
}

/** What the system calls of the data path came to. */
export interface PumpCounters {
  framesRead: number
  /** Those that went before what had come earlier. */
  framesHurried: number
  framesWritten: number
  framesRefused: number
  datagramsReceived: number
  /** Those that came at the prompt socket, before what had come earlier. */
  datagramsHurried: number
  datagramsSent: number
  datagramsRefused: number
  /** Calls that brought or took several datagrams. */
  runsReceived: number
  runsSent: number
  /** Runs that the kernel did not take as one: their datagrams were sent one by one. */
  runsSplit: number
  /** Given to a control link, because UDP does not pass. */
  runsCarried: number
  /** Not given to it, because the other thread is too far behind. */
  carriesDropped: number
  /** Probes that measure a path and that the kernel did not take: mostly, because they are larger than the device's MTU. */
  probesRefused: number
}

export function newPumpCounters(): PumpCounters {
  return {
    framesRead: 0,
    framesHurried: 0,
    framesWritten: 0,
    framesRefused: 0,
    datagramsReceived: 0,
    datagramsHurried: 0,
    datagramsSent: 0,
    datagramsRefused: 0,
    runsReceived: 0,
    runsSent: 0,
    runsSplit: 0,
    runsCarried: 0,
    carriesDropped: 0,
    probesRefused: 0,
  }
}
