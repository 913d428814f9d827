import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer, type Server, type Socket } from 'node:net'
import type { SharedView } from '../../core/router/index.ts'
import { answerFor, type ZoneAnswer } from '../../core/router/index.ts'
import { findPortHolder } from '../linux/port-holder.ts'
import type { Logger } from '../runtime/logger.ts'
import { decodeQuery, encodeReply, type Query, RCODE, type Reply, udpBytesFor } from './packet.ts'
import { framed, type Upstream } from './upstream.ts'

const RETRY_MS = 5_000
const TCP_IDLE_MS = 10_000
const TCP_CLIENTS_MAX = 200
const TCP_BYTES_MAX = 65_535

export interface DnsServerOptions {
  readonly port: number
  /** Where to listen, asked again while there is no such address; undefined when there is none. */
  readonly address: () => string | undefined
  readonly domains: readonly string[]
  readonly ttlSeconds: number
  readonly nearestFirst: boolean
  readonly upstream: Upstream
  readonly shared: () => SharedView | undefined
  readonly log: Logger
}

/** Answers names over UDP and TCP. A port that is taken is no reason for the router to stop: it is tried again. */
export class DnsServer {
  readonly #options: DnsServerOptions
  #udp: UdpSocket | undefined
  #tcp: Server | undefined
  #listening: { readonly ip: string; readonly port: number } | undefined
  #retry: NodeJS.Timeout | undefined
  #lastProblem = ''
  #isClosed = false

  constructor(options: DnsServerOptions) {
    this.#options = options
  }

  get listening(): { readonly ip: string; readonly port: number } | undefined {
    return this.#listening
  }

  async open(): Promise<void> {
    const { port, log } = this.#options
    const { ip, problem = await this.#bind(ip, port) } = this.#place()
    if (this.#isClosed) return this.close()
    if (problem === undefined) {
      this.#listening = { ip, port: this.#udp?.address().port ?? port }
      return log.write('info', 'names are answered', this.#listening)
    }
    if (problem !== this.#lastProblem) log.write('warn', 'names are not answered', { reason: problem, ip, port })
    this.#lastProblem = problem
    this.#retry = setTimeout(() => void this.open(), RETRY_MS)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#drop()
  }

  #drop(): void {
    this.#udp?.close()
    this.#tcp?.close()
    this.#udp = undefined
    this.#tcp = undefined
    this.#listening = undefined
  }

  /** What the host does not tell may be told at the next try. */
  #place(): { readonly ip: string; readonly problem?: string } {
    try {
      const ip = this.#options.address()
      return ip === undefined ? { ip: '', problem: 'there is no address to listen on yet' } : { ip }
    } catch (cause) {
      return { ip: '', problem: (cause as Error).message }
    }
  }

  /** What is wrong, or undefined. */
  async #bind(ip: string, port: number): Promise<string | undefined> {
    try {
      this.#udp = await this.#openUdp(ip, port)
      this.#tcp = await this.#openTcp(ip, this.#udp.address().port)
      return undefined
    } catch (cause) {
      this.#drop()
      const { code, message } = cause as NodeJS.ErrnoException
      if (code !== 'EADDRINUSE') return message
      const holder = (await findPortHolder('udp', port)) ?? (await findPortHolder('tcp', port))
      return `port ${port} is in use by ${holder ?? 'another process'}: stop it there, or give another with --dns-listen-address`
    }
  }

  #openUdp(ip: string, port: number): Promise<UdpSocket> {
    const socket = createSocket({ type: ip.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 })
    socket.on('message', (bytes, from) => {
      this.#answer(bytes, 'udp', reply => socket.send(reply, from.port, from.address, () => undefined))
    })
    return new Promise((resolve, reject) => {
      const failed = (cause: Error) => {
        // It keeps its descriptor otherwise, and there is another try each few seconds.
        socket.close()
        reject(cause)
      }
      socket.once('error', failed)
      socket.bind(port, ip, () => {
        socket.off('error', failed)
        socket.on('error', cause =>
          this.#options.log.write('warn', 'a name could not be answered', { reason: cause.message }),
        )
        resolve(socket)
      })
    })
  }

  #openTcp(ip: string, port: number): Promise<Server> {
    const server = createServer(socket => this.#serve(socket))
    server.maxConnections = TCP_CLIENTS_MAX
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, ip, () => resolve(server))
    })
  }

  #serve(socket: Socket): void {
    let heard = Buffer.alloc(0)
    socket.setTimeout(TCP_IDLE_MS, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('data', part => {
      heard = Buffer.concat([heard, part])
      while (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) {
        const message = heard.subarray(2, 2 + heard.readUInt16BE(0))
        heard = heard.subarray(2 + message.length)
        this.#answer(message, 'tcp', reply => socket.write(framed(reply)))
      }
    })
  }

  #answer(bytes: Buffer, transport: 'udp' | 'tcp', send: (reply: Buffer) => void): void {
    const query = decodeQuery(bytes)
    if (query === undefined) return
    const most = transport === 'udp' ? udpBytesFor(query) : TCP_BYTES_MAX
    const say = (reply: Partial<Reply> & { readonly rcode: number }) =>
      send(encodeReply(query, { answers: [], ttlSeconds: this.#options.ttlSeconds, isStale: false, ...reply }, most))
    const zone = this.#look(query)
    if (zone === undefined) return say({ rcode: RCODE.formatError })
    if (zone.kind === 'unknown') return say({ rcode: RCODE.nameError })
    if (zone.kind === 'found') return say({ rcode: RCODE.noError, answers: zone.records, isStale: zone.isStale })
    void this.#options.upstream.ask(bytes, transport).then(reply => {
      if (reply === undefined) return say({ rcode: RCODE.serverFailure })
      if (reply.length <= most) return send(reply)
      say({ rcode: RCODE.noError, answers: [], ttlSeconds: 0 })
    })
  }

  #look(query: Query): ZoneAnswer | undefined {
    const names = this.#options.shared()?.names
    const [question, ...others] = query.questions ?? []
    if (question === undefined || others.length > 0 || names === undefined) return undefined
    const { domains, nearestFirst } = this.#options
    const wanted = { name: question.name.replace(/\.$/, ''), type: question.type }
    return answerFor(names, wanted, { domains, nearestFirst, random: Math.random })
  }
}
