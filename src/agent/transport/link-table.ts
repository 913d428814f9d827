import type { TLSSocket } from 'node:tls'
import type { Endpoint } from '../../base/endpoint.ts'
import type { Input, LinkId } from '../../core/router/index.ts'

/** More unsent bytes than this, and the other end is not listening. */
export const UNSENT_BYTES_MAX = 16 * 1024 * 1024
/** More than this ahead of it, and a frame would come too late to be of use. */
export const CARRIED_BYTES_MAX = 512 * 1024
/** For the last words to leave. */
const FAREWELL_MS = 1000

type LinkInput = Extract<Input, { kind: 'link-opened' | 'link-data' | 'link-closed' }>

/** What a link has carried since it came up, encrypted: control messages, and frames where UDP does not pass. */
export interface LinkTraffic {
  readonly bytesSent: number
  readonly bytesReceived: number
}

interface LinkEnd {
  readonly direction: 'outbound' | 'inbound'
  /** For a dialled link, the target as it was asked for. */
  readonly remote: Endpoint
}

/** The open TLS connections, by the router's number for them. */
export class LinkTable {
  readonly #tell: (input: LinkInput) => void
  readonly #sockets = new Map<LinkId, TLSSocket>()
  readonly #ends = new Map<LinkId, LinkEnd>()
  readonly #farewells = new Set<TLSSocket>()
  #lastLink = 0

  constructor(tell: (input: LinkInput) => void) {
    this.#tell = tell
  }

  add(socket: TLSSocket, end: LinkEnd & { readonly publicKey: Uint8Array }): void {
    const link = ++this.#lastLink
    this.#sockets.set(link, socket)
    this.#ends.set(link, { direction: end.direction, remote: end.remote })
    socket.setNoDelay(true)
    let lastError = 'closed by the other end'
    socket.on('error', error => {
      lastError = (error as NodeJS.ErrnoException).code === 'ECONNRESET' ? lastError : error.message
    })
    socket.on('data', bytes => {
      if (this.#sockets.has(link)) this.#tell({ kind: 'link-data', link, bytes })
    })
    const closed = () => {
      this.#ends.delete(link)
      if (this.#sockets.delete(link)) this.#tell({ kind: 'link-closed', link, reason: lastError })
    }
    socket.on('close', closed)
    this.#tell({ kind: 'link-opened', link, ...end })
    if (socket.closed) closed()
  }

  send(link: LinkId, bytes: Uint8Array): void {
    const socket = this.#sockets.get(link)
    if (socket === undefined) return
    if (socket.writableLength + bytes.length > UNSENT_BYTES_MAX) {
      socket.destroy(new Error('it takes what we send too slowly'))
      return
    }
    socket.write(bytes)
  }

  /** Undefined when no such link is open. */
  trafficOf({ direction, remote }: LinkEnd): LinkTraffic | undefined {
    for (const [link, end] of this.#ends) {
      const isIt = end.direction === direction && end.remote.ip === remote.ip && end.remote.port === remote.port
      const socket = isIt ? this.#sockets.get(link) : undefined
      if (socket !== undefined) return { bytesSent: socket.bytesWritten, bytesReceived: socket.bytesRead }
    }
    return undefined
  }

  /** False when the link is too far behind, or gone: then nothing is sent. */
  carry(link: LinkId, bytes: Uint8Array): boolean {
    const socket = this.#sockets.get(link)
    if (socket === undefined || socket.writableLength + bytes.length > CARRIED_BYTES_MAX) return false
    socket.write(bytes)
    return true
  }

  close(link: LinkId): void {
    const socket = this.#sockets.get(link)
    if (socket === undefined) return
    this.#sockets.delete(link)
    this.#ends.delete(link)
    this.#farewells.add(socket)
    const late = setTimeout(() => socket.destroy(), FAREWELL_MS)
    socket.once('close', () => {
      clearTimeout(late)
      this.#farewells.delete(socket)
    })
    socket.end()
  }

  /** Until the last words of closed links have left, or had their time. */
  async drained(): Promise<void> {
    const closing = [...this.#farewells].map(socket => new Promise(resolve => socket.once('close', resolve)))
    await Promise.all(closing)
  }
}
