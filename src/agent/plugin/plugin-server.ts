import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { dirname } from 'node:path'
import { readBody } from '../http/read-body.ts'
import type { Logger } from '../runtime/logger.ts'

const BODY_BYTES_MAX = 1024 * 1024
const CONTENT_TYPE = 'application/vnd.docker.plugins.v1+json'

/** What Docker sends with a call; each field may be absent. */
export type PluginCall = Readonly<Record<string, unknown>>

/** By the path of the call without its slash, as in `NetworkDriver.Join`. */
export type PluginCalls = Readonly<Record<string, (call: PluginCall) => object | Promise<object>>>

/** A driver of Docker's on a unix socket whose name is the driver's (Docker plugin API, version 1). */
export class PluginServer {
  readonly #path: string
  readonly #calls: PluginCalls
  readonly #log: Logger
  readonly #server: Server

  constructor(path: string, calls: PluginCalls, log: Logger) {
    this.#path = path
    this.#calls = calls
    this.#log = log
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  async listen(): Promise<void> {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o755 })
    rmSync(this.#path, { force: true })
    const umask = process.umask(0o177)
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject).listen(this.#path, resolve)
      })
    } finally {
      process.umask(umask)
    }
  }

  /** Removes the socket: Docker, started without us, then gives up on it sooner. */
  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
    rmSync(this.#path, { force: true })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = (request.url ?? '').slice(1)
    const call = this.#calls[name]
    if (call === undefined) return send(response, 404, { Err: `there is no call '${name}'` })
    try {
      send(response, 200, await call(await readCall(request)))
    } catch (cause) {
      const reason = (cause as Error).message
      this.#log.write('warn', 'call of Docker refused', { call: name, reason })
      send(response, 500, { Err: reason })
    }
  }
}

async function readCall(request: IncomingMessage): Promise<PluginCall> {
  const text = await readBody(request, BODY_BYTES_MAX)
  const call: unknown = text.trim() === '' ? {} : JSON.parse(text)
  if (typeof call !== 'object' || call === null) throw new Error('the call is no JSON object')
  return call as PluginCall
}

function send(response: ServerResponse, code: number, answer: object): void {
  response.writeHead(code, { 'content-type': CONTENT_TYPE }).end(JSON.stringify(answer))
}

/** '' when it is absent or no text. */
export function textOf(call: PluginCall, field: string): string {
  const value = call[field]
  return typeof value === 'string' ? value : ''
}

/** Empty when it is absent or no object. */
export function objectOf(call: PluginCall, field: string): PluginCall {
  const value = call[field]
  return typeof value === 'object' && value !== null ? (value as PluginCall) : {}
}
