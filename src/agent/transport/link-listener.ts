import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import { ANY_ADDRESS, type Endpoint } from '../../base/endpoint.ts'
import type { Admission } from './admission.ts'
import { remoteOf } from './remote-endpoint.ts'
import { TokenBucket } from './token-bucket.ts'

const ACCEPT_BURST = 20
const ACCEPTS_PER_SECOND = 20
/** Connections at one time of which we do not know yet who they are. */
export const STRANGERS_MAX = 64
const HANDSHAKE_TIMEOUT_MS = 15_000

export interface LinkListenerOptions {
  readonly admission: Admission
  /** A TLS connection with a member of the cluster. */
  readonly accepted: (socket: TLSSocket, publicKey: Uint8Array) => void
  /** Somebody came and was not let in. Strangers choose how often this is called: log it sparingly. */
  readonly refused: (remote: string, reason: string) => void
  readonly clock: () => number
}

/**
 * Lets members in: TCP, then what the admission wants in front of TLS, then TLS 1.3, then what it wants within. Whoever fails in
 * front of TLS is cut off without having been sent a byte.
 */
export class LinkListener {
  readonly #options: LinkListenerOptions
  readonly #tcp: Server
  readonly #tls: TlsServer
  readonly #bucket: TokenBucket
  /** By where they come from. */
  readonly #strangers = new Map<string, Socket>()
  #admission: Admission

  constructor(options: LinkListenerOptions) {
    this.#options = options
    this.#admission = options.admission
    this.#bucket = new TokenBucket(ACCEPT_BURST, ACCEPTS_PER_SECOND, options.clock())
    this.#tls = createTlsServer({
      ...options.admission.tls,
      requestCert: true,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    })
    this.#tls.on('secureConnection', socket => void this.#admit(socket))
    this.#tls.on('tlsClientError', (error, socket) =>
      this.#refuse(socket, `TLS: ${error.message}: ${this.#admission.suspicion}`),
    )
    this.#tcp = createTcpServer(socket => void this.#greet(socket))
  }

  /** At `::` for both families, or for IPv4 alone where the host has no IPv6. Rejects with the error of the socket: EADDRINUSE when the port is taken. */
  listen(local: Endpoint): Promise<void> {
    // That is what Node.js does without a host. What it is told it looks up, and to find that `::` is no name takes it 7 ms at a start.
    const host = local.ip === ANY_ADDRESS ? {} : { host: local.ip }
    return new Promise((resolve, reject) => {
      this.#tcp.once('error', reject)
      this.#tcp.listen({ ...host, port: local.port, backlog: 128 }, () => {
        this.#tcp.off('error', reject)
        resolve()
      })
    })
  }

  /** For connections from here on. */
  renew(admission: Admission): void {
    this.#admission = admission
    this.#tls.setSecureContext(admission.tls)
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
    const problem = await this.#admission.greet(socket)
    if (problem !== undefined || socket.destroyed) return this.#refuse(socket, problem ?? 'gone before TLS')
    this.#tls.emit('connection', socket)
  }

  async #admit(socket: TLSSocket): Promise<void> {
    socket.on('error', () => socket.destroy())
    const origin = originOf(socket)
    const admitted = await this.#admission.admit(socket)
    if (!admitted.ok) return this.#refuse(socket, admitted.error)
    this.#strangers.delete(origin)
    if (!socket.destroyed) this.#options.accepted(socket, admitted.value)
  }

  #refuse(socket: Socket, reason: string): void {
    const remote = remoteOf(socket).ip || 'unknown'
    socket.destroy()
    this.#options.refused(remote, reason)
  }
}

function originOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`
}
