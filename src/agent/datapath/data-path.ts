import { type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { assertNever } from '../../base/assert.ts'
import type { Endpoint } from '../../base/endpoint.ts'
import type { ForwardingTable, MacListing, Probe } from '../../core/router/index.ts'
import { EventFd } from '../linux/event-fd.ts'
import type { Libc } from '../linux/libc.ts'
import type { TapDevice } from '../linux/tap-device.ts'
import type { UdpSocket } from '../linux/udp-socket.ts'
import type { Logger } from '../runtime/logger.ts'
import { whenIdle } from '../runtime/when-idle.ts'
import type { DataPathEvent, DataPathOrder, DataPathReport, DataPathStart } from './messages.ts'

export interface DataPathOptions {
  readonly libc: Libc
  readonly tap: TapDevice
  readonly udp: UdpSocket
  readonly promptFd: number
  readonly program: URL
  readonly log: Logger
  readonly probed: (event: Extract<DataPathEvent, { kind: 'probed' }>) => void
  readonly wanted: (peer: number) => void
  /** `refused`: the probe that could not be sent. */
  readonly filled: (peer: number, refused?: number) => void
  /** A key has sealed enough. */
  readonly worn: () => void
  /** Datagrams for the control link to a neighbour to carry. */
  readonly carry: (neighbour: number, datagramBytes: number, bytes: Uint8Array) => void
  /** True while others have work for the processors. */
  readonly isBusy: () => boolean
  /** The thread's program is loaded. */
  readonly loaded: () => void
  /** Frames have come that are worth fast code. */
  readonly atWork: () => void
  /** The thread has ended though nobody stopped it. */
  readonly failed: (reason: string) => void
}

const ANSWER_TIMEOUT_MS = 5000
/**
 * Between two scenes of the rehearsal: frames go before, and others who have work to do, as when many routers of one host have just
 * started. Who looks at its end looks past the scene itself, which the thread is still ending when it says that it is played.
 */
const INTERMISSION = { afterMs: 25, lookEveryMs: 25, calmLooks: 1, latestMs: 1000 }

type Asker<T> = (answer: T) => void

/** The main thread's end of the data path. */
export class DataPath {
  readonly #options: DataPathOptions
  readonly #wake: EventFd
  readonly #port: MessagePort
  readonly #worker: Worker
  readonly #askers: Asker<DataPathReport>[] = []
  readonly #macAskers: Asker<MacListing>[] = []
  readonly #ended: Promise<void>
  readonly #waitingBytes = new Int32Array(new SharedArrayBuffer(4))
  #dropped = 0
  #isSignalling = false
  #isStopping = false

  constructor(options: DataPathOptions) {
    this.#options = options
    this.#wake = new EventFd(options.libc)
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const { tap, udp, promptFd } = options
    const start: DataPathStart = { tap, udp, promptFd, wakeFd: this.#wake.fd, waitingBytes: this.#waitingBytes }
    const workerData = { start, port: port2 }
    const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 128 }
    this.#worker = new Worker(options.program, { workerData, transferList: [port2], resourceLimits, argv: [] })
    this.#port.on('message', (event: DataPathEvent) => this.#heard(event))
    this.#worker.on('error', cause => options.failed(`the thread of the data path broke: ${String(cause)}`))
    this.#ended = new Promise(resolve => this.#worker.once('exit', () => resolve()))
    this.#worker.once('exit', () => this.#exited())
  }

  apply(table: ForwardingTable): void {
    this.#order({ kind: 'table', table })
  }

  probe(peer: number, to: Endpoint, probe: Probe): void {
    this.#order({ kind: 'probe', peer, to, probe })
  }

  resizePath(peer: number, datagramBytes: number | undefined): void {
    this.#order({ kind: 'path-size', peer, datagramBytes })
  }

  /** Has it warm up, a little at a time, and before that keep its code as it is after a start. Call once, when the start is over. */
  rehearse(): void {
    if (this.#isStopping) return
    this.#order({ kind: 'keep-code' })
    this.#playScene()
  }

  /** Gives it datagrams that a control link has carried. */
  carried(neighbour: number, datagramBytes: number, bytes: Uint8Array): void {
    this.#order({ kind: 'carried', neighbour, datagramBytes, bytes })
  }

  /** What it has asked to be carried was not. */
  dropped(): void {
    this.#dropped++
  }

  /** Undefined when the thread does not answer in time: it hangs, or has ended. */
  ask(): Promise<DataPathReport | undefined> {
    return this.#question('ask', this.#askers)
  }

  /** Ethernet addresses and the peers that they were seen behind; undefined as by `ask`. */
  macs(): Promise<MacListing | undefined> {
    return this.#question('ask-macs', this.#macAskers)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#order({ kind: 'stop' })
    await this.#ended
    this.#port.close()
  }

  /** Answers come in the order of questions. */
  #question<T>(kind: 'ask' | 'ask-macs', askers: Asker<T>[]): Promise<T | undefined> {
    return new Promise(resolve => {
      const late = setTimeout(() => resolve(undefined), ANSWER_TIMEOUT_MS)
      askers.push(answer => {
        clearTimeout(late)
        resolve(answer)
      })
      this.#order({ kind })
    })
  }

  /** The thread's last words may still be on their way: they know the reason better. */
  #exited(): void {
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      this.#heard(next.message as DataPathEvent)
    }
    if (!this.#isStopping) this.#options.failed('the thread of the data path ended')
  }

  #playScene(): void {
    if (!this.#isStopping) this.#order({ kind: 'rehearse' })
  }

  /** One signal for all that is ordered in one turn: it wakes a thread that goes before this one. */
  #order(order: DataPathOrder): void {
    this.#port.postMessage(order)
    if (this.#isSignalling) return
    this.#isSignalling = true
    queueMicrotask(() => {
      this.#isSignalling = false
      this.#wake.signal()
    })
  }

  #heard(event: DataPathEvent): void {
    switch (event.kind) {
      case 'probed':
        return this.#options.probed(event)
      case 'loaded':
        return this.#options.loaded()
      case 'wanted':
        return this.#options.wanted(event.peer)
      case 'filled':
        return this.#options.filled(event.peer, event.refused)
      case 'worn':
        return this.#options.worn()
      case 'at-work':
        return this.#options.atWork()
      case 'carry':
        Atomics.sub(this.#waitingBytes, 0, event.bytes.length)
        return this.#options.carry(event.neighbour, event.datagramBytes, event.bytes)
      case 'scene-played':
        whenIdle({ ...INTERMISSION, isBusy: this.#options.isBusy }, () => this.#playScene()).unref()
        return
      case 'report':
        return this.#askers.shift()?.({ ...event.report, linkDropped: this.#dropped })
      case 'macs':
        return this.#macAskers.shift()?.(event.macs)
      case 'log':
        return this.#options.log.write(event.level, event.message)
      case 'failed':
        this.#isStopping = true
        return this.#options.failed(event.reason)
      default:
        assertNever(event)
    }
  }
}
