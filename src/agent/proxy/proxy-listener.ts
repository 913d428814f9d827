import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { UserError } from '../../base/user-error.ts'
import type { ProxyEndpoint, ProxyTls } from './proxy-settings.ts'

export interface ProxyHandlers {
  readonly request: RequestListener
  readonly upgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void
}

/** One place where the proxy listens: a socket of this host, or a port, with TLS when it is to have that. */
export class ProxyListener {
  readonly #endpoint: ProxyEndpoint
  readonly #server: Server
  readonly #upgraded = new Set<Duplex>()

  constructor(endpoint: ProxyEndpoint, tls: ProxyTls | undefined, handlers: ProxyHandlers) {
    this.#endpoint = endpoint
    const isPlain = tls === undefined || endpoint.kind === 'unix'
    // Who attaches closes his half when he has no input, and waits for output. Node's plain server allows that by itself.
    const options = { requestTimeout: 0, allowHalfOpen: true }
    this.#server = isPlain
      ? createServer(options, handlers.request)
      : createTlsServer({ ...options, ...materialOf(tls) }, handlers.request)
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgraded.add(socket)
      socket.on('close', () => this.#upgraded.delete(socket))
      handlers.upgrade(request, socket as Socket, head)
    })
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  get address(): string {
    const endpoint = this.#endpoint
    return endpoint.kind === 'unix' ? `unix://${endpoint.path}` : `tcp://${endpoint.ip}:${endpoint.port}`
  }

  async listen(): Promise<void> {
    const endpoint = this.#endpoint
    if (endpoint.kind === 'tcp') return this.#open(() => this.#server.listen(endpoint.port, endpoint.ip))
    mkdirSync(dirname(endpoint.path), { recursive: true, mode: 0o755 })
    rmSync(endpoint.path, { force: true })
    const umask = process.umask(0o117)
    try {
      await this.#open(() => this.#server.listen(endpoint.path))
    } finally {
      process.umask(umask)
    }
    chmodSync(endpoint.path, 0o660)
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
    for (const socket of this.#upgraded) socket.destroy()
    if (this.#endpoint.kind === 'unix') rmSync(this.#endpoint.path, { force: true })
  }

  #open(listen: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).once('listening', resolve)
      listen()
    })
  }
}

function materialOf({ certificate, key, ca }: ProxyTls) {
  const asked = ca === undefined ? {} : { ca: read(ca), requestCert: true, rejectUnauthorized: true }
  return { cert: read(certificate), key: read(key), ...asked }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new UserError({
      cause: `${path} cannot be read: ${code}`,
      remedy: 'give --tlscert, --tlskey and --tlscacert',
    })
  }
}
