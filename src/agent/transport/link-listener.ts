import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Endpoint } from '../../base/endpoint.ts'
import { type Credentials, provenKeyOf, secureContextOf } from './credentials.ts'
import { awaitPreface } from './preface.ts'
import { TokenBucket } from './token-bucket.ts'

const ACCEPT_BURST = 20
const ACCEPTS_PER_SECOND = 20
/** Connections at one time of which we do not know yet who they are. */
export const STRANGERS_MAX = 64
const PREFACE_TIMEOUT_MS = 5000
const HANDSHAKE_TIMEOUT_MS = 5000

export interface LinkListenerOptions {
  readonly credentials: Credentials
  /** A TLS connection with a member of the cluster. */
  readonly accepted: (socket: TLSSocket, publicKey: Uint8Array) => void
  /** Somebody came and was not let in. Strangers choose how often this is called: log it sparingly. */
  readonly refused: (remote: string, reason: string) => void
  readonly clock: () => number
}

/**
 * Lets members in: TCP, then the preface, then TLS 1.3 with both ends certified. Whoever fails the preface is cut off without
 * having been sent a byte.
 */
export class LinkListener {
  readonly #options: LinkListenerOptions
  readonly #tcp: Server
  readonly #tls: TlsServer
  readonly #bucket: TokenBucket
  /** By where they come from. */
  readonly #strangers = new Map<string, Socket>()
  #credentials: Credentials

  constructor(options: LinkListenerOptions) {
    this.#options = options
    this.#credentials = options.credentials
    this.#bucket = new TokenBucket(ACCEPT_BURST, ACCEPTS_PER_SECOND, options.clock())
    this.#tls = createTlsServer({
      ...secureContextOf(options.credentials),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    })
    this.#tls.on('secureConnection', socket => this.#authenticated(socket))
    this.#tls.on('tlsClientError', (error, socket) => this.#refuse(socket, `TLS: ${error.message}`))
    this.#tcp = createTcpServer(socket => void this.#greet(socket))
  }

  /** Rejects with the error of the socket: EADDRINUSE when the port is taken. */
  listen(local: Endpoint): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#tcp.once('error', reject)
      this.#tcp.listen({ host: local.ip, port: local.port, backlog: 128 }, () => {
        this.#tcp.off('error', reject)
        resolve()
      })
    })
  }

  /** For connections from here on. */
  renew(credentials: Credentials): void {
    this.#credentials = credentials
    this.#tls.setSecureContext(secureContextOf(credentials))
  }

  close(): void {
    this.#tcp.close()
    for (const socket of this.#strangers.values()) socket.destroy()
  }

  async #greet(socket: Socket): Promise<void> {
    const isWelcome = this.#bucket.take(this.#options.clock()) && this.#strangers.size < STRANGERS_MAX
    socket.on('error', () => socket.destroy())
    if (!isWelcome) return this.#refuse(socket, 'too many at once')
    const origin = originOf(socket)
    this.#strangers.set(origin, socket)
    socket.once('close', () => this.#strangers.delete(origin))
    const isGood = await awaitPreface(socket, this.#credentials.admissionKey, PREFACE_TIMEOUT_MS)
    if (!isGood || socket.destroyed) return this.#refuse(socket, 'no valid preface')
    this.#tls.emit('connection', socket)
  }

  #authenticated(socket: TLSSocket): void {
    const publicKey = provenKeyOf(socket)
    if (publicKey === undefined) return this.#refuse(socket, 'its certificate holds no Ed25519 key')
    this.#strangers.delete(originOf(socket))
    this.#options.accepted(socket, publicKey)
  }

  #refuse(socket: Socket, reason: string): void {
    const remote = socket.remoteAddress ?? 'unknown'
    socket.destroy()
    this.#options.refused(remote, reason)
  }
}

function originOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`
}
