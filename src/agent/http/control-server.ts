import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { dirname } from 'node:path'
import { type Endpoint, parseEndpoint } from '../../base/endpoint.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import type { RouterStatus } from '../../core/router/index.ts'
import { isRouterRunning } from './control-client.ts'
import { ControlError } from './control-error.ts'
import { formatConnections, formatPeers, formatStatus, formatTargets } from './status-text.ts'

const BODY_BYTES_MAX = 64 * 1024
const ROOT_ONLY_UMASK = 0o177

/** What can be asked of the running agent. */
export interface AgentControl {
  readonly version: string
  status(): RouterStatus
  /** Counters of the data path; absent when it does not answer. */
  report(): Promise<object | undefined>
  connect(targets: readonly Endpoint[], replace: boolean): void
  forget(targets: readonly Endpoint[]): void
}

interface Answer {
  readonly code: number
  readonly text: string
  readonly json?: unknown
}

/** HTTP for root, on a unix socket. */
export class ControlServer {
  readonly #path: string
  readonly #server: Server

  constructor(path: string, control: AgentControl) {
    this.#path = path
    this.#server = createServer((request, response) => {
      respond(control, request, response).catch(cause => fail(response, cause))
    })
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  /** Takes the place of a socket that a dead agent has left; rejects with a `ControlError` when one is alive. */
  async listen(): Promise<void> {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o755 })
    if (await isRouterRunning(this.#path)) throw new ControlError('alreadyRunning')
    rmSync(this.#path, { force: true })
    const umask = process.umask(ROOT_ONLY_UMASK)
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject).listen(this.#path, resolve)
      })
    } finally {
      process.umask(umask)
    }
  }

  /** Removes the socket too. */
  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

async function respond(control: AgentControl, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://weave')
  const answer =
    request.method === 'POST'
      ? change(control, url.pathname, new URLSearchParams(await readBody(request)))
      : await show(control, url.pathname)
  const wantsJson = url.searchParams.get('format') === 'json' || request.headers.accept === 'application/json'
  const isJson = wantsJson && answer.json !== undefined
  response.writeHead(answer.code, { 'content-type': isJson ? 'application/json' : 'text/plain; charset=utf-8' })
  response.end(isJson ? `${JSON.stringify(answer.json)}\n` : answer.text)
}

async function show(control: AgentControl, path: string): Promise<Answer> {
  const { version } = control
  const router = control.status()
  switch (path) {
    case '/status': {
      const json = { version, pid: process.pid, router, dataPath: await control.report() }
      return { code: 200, text: formatStatus(router, version), json }
    }
    case '/status/connections':
      return { code: 200, text: formatConnections(router.connections), json: router.connections }
    case '/status/peers':
      return { code: 200, text: formatPeers(router.peers), json: router.peers }
    case '/status/targets':
      return { code: 200, text: formatTargets(router.targets), json: router.targets }
    case '/healthz':
      return { code: 200, text: 'ok\n', json: { pid: process.pid } }
    default:
      return { code: 404, text: `there is nothing at ${path}\n` }
  }
}

function change(control: AgentControl, path: string, form: URLSearchParams): Answer {
  if (path !== '/connect' && path !== '/forget') return { code: 404, text: `there is nothing at ${path}\n` }
  const targets = parseTargets(form.getAll('peer'))
  if (!targets.ok) return { code: 400, text: `${targets.error}\n` }
  if (path === '/connect') control.connect(targets.value, form.get('replace') === 'true')
  else control.forget(targets.value)
  return { code: 200, text: '' }
}

/** All or none. */
export function parseTargets(texts: readonly string[]): Result<readonly Endpoint[]> {
  const targets: Endpoint[] = []
  for (const text of texts) {
    const endpoint = parseEndpoint(text, CONTROL_PORT)
    if (!endpoint.ok) return refused(endpoint.error)
    targets.push(endpoint.value)
  }
  return ok(targets)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > BODY_BYTES_MAX) throw new Error(`the request has more than ${BODY_BYTES_MAX} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function fail(response: ServerResponse, cause: unknown): void {
  if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`${cause instanceof Error ? cause.message : String(cause)}\n`)
}
