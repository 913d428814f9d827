import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { dirname } from 'node:path'
import { respond } from './answering.ts'
import { formatListenAddress, isLoopback, type ListenAddress, parseListenAddress } from './listen-address.ts'
import type { Route } from './route.ts'

/** Addresses that were asked for, in text form; '' and undefined for none. */
export interface ApiAddresses {
  readonly httpAddress?: string | undefined
  readonly statusAddress?: string | undefined
  readonly metricsAddress?: string | undefined
}

/** What is served where: all but what root alone may do; what changes nothing; what Prometheus reads (Weave row FLAG-43). */
const SCOPES: Readonly<Record<keyof ApiAddresses, (route: Route) => boolean>> = {
  httpAddress: route => route.isForRoot !== true,
  statusAddress: ({ method, path }) => method === 'GET' && /^\/(status(\/\w+)?|report|metrics|healthz)$/.test(path),
  metricsAddress: ({ method, path }) => method === 'GET' && path === '/metrics',
}

const BACKLOG_REQUESTS_MAX = 128
const HEAD_TIMEOUT_MS = 10_000

/** HTTP beside the control socket, where it was asked for (Weave rows API-01 to API-23). */
export class ApiListeners {
  readonly #routes: readonly Route[]
  readonly #servers: Server[] = []

  constructor(routes: readonly Route[]) {
    this.#routes = routes
  }

  /** An address that cannot be had is reported, and does not keep the overlay from being there. */
  async listen(addresses: ApiAddresses, failed: (address: string, reason: string) => void): Promise<void> {
    for (const scope of Object.keys(SCOPES) as (keyof ApiAddresses)[]) {
      const text = addresses[scope] ?? ''
      if (text === '') continue
      const address = parseListenAddress(text)
      try {
        if (!address.ok) throw new Error(address.error)
        await this.#open(address.value, scope)
      } catch (cause) {
        failed(text, (cause as Error).message)
      }
    }
  }

  close(): void {
    for (const server of this.#servers.splice(0)) {
      server.close()
      server.closeAllConnections()
    }
  }

  async #open(address: ListenAddress, scope: keyof ApiAddresses): Promise<void> {
    const routes = this.#routes.filter(SCOPES[scope])
    const server = createServer({ headersTimeout: HEAD_TIMEOUT_MS }, (request, response) => {
      const objection = objectionTo(request, address, scope)
      if (objection === undefined) return void respond(routes, request, response)
      response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' }).end(`${objection}\n`)
    })
    server.maxConnections = BACKLOG_REQUESTS_MAX
    server.on('clientError', (_, socket) => socket.destroy())
    await listenOn(server, address)
    this.#servers.push(server)
  }
}

/** Also tells a caller in advance whether an address can be had. */
export async function listenOn(server: Server, address: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    if (address.kind === 'tcp') server.listen(address.port, address.host, resolve)
    else {
      mkdirSync(dirname(address.path), { recursive: true, mode: 0o755 })
      rmSync(address.path, { force: true })
      server.listen(address.path, resolve)
    }
  })
  if (address.kind === 'unix') chmodSync(address.path, 0o600)
}

/**
 * An address of this host alone is for its own processes: the kernel can be told to route packets to it from outside (Weave row
 * FW-05), and a web page can have a browser here ask for it, under the page's name or with its origin.
 */
export function objectionTo(
  {
    socket,
    headers,
    method,
  }: Pick<IncomingMessage, 'headers' | 'method'> & {
    readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>
  },
  address: ListenAddress,
  scope: keyof ApiAddresses,
): string | undefined {
  if (address.kind === 'unix') return undefined
  if (isLoopback(address.host) && !isLoopback(socket.remoteAddress ?? '')) return 'for processes of this host'
  if (method !== 'GET' && headers.origin !== undefined) return 'not for web pages'
  const name = (headers.host ?? '').replace(/:\d+$/, '')
  const isPlain = name === '' || name === 'localhost' || /^[\d.]+$|^\[.*\]$/.test(name)
  if (scope === 'httpAddress' && !isPlain) return `ask for ${formatListenAddress(address)}, not for '${name}'`
  return undefined
}
