import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import type { DockerClient } from '../docker/docker-client.ts'
import type { AddressSource } from '../http/address-client.ts'
import type { Logger } from '../runtime/logger.ts'
import { type CreateBody, needsImage, rewriteCreate, wishesOfBody } from './create-request.ts'
import { passAnswer, passRequest, passUpgrade } from './passing.ts'

const BODY_BYTES_MAX = 16 * 1024 * 1024
const CREATE = /^(?:\/v[\d.]+)?\/containers\/create(?:\?|$)/
const START = /^(?:\/v[\d.]+)?\/containers\/([^/?]+)\/(?:start|restart)(?:\?|$)/

export interface ProxyOptions {
  readonly path: string
  readonly docker: DockerClient
  readonly addresses: Pick<AddressSource, 'domain' | 'nameServer'>
  /** The host's folder that holds the program which waits. */
  readonly waitFolder: string
  /** Brings a container that runs onto the overlay, if it is one of ours. */
  readonly attach: (id: string) => Promise<unknown>
  readonly log: Logger
}

/**
 * Docker's API in front of Docker's API (Weave rows PRX-01 to PRX-08): containers made through it wait for their network, which
 * they get when they are started. All else passes as it is, so any version of the API will do.
 */
export class DockerProxy {
  readonly #options: ProxyOptions
  readonly #server: Server
  readonly #upgraded = new Set<Socket>()

  constructor(options: ProxyOptions) {
    this.#options = options
    this.#server = createServer({ requestTimeout: 0 }, (request, response) => void this.#answer(request, response))
    this.#server.on('upgrade', (request, socket: Socket, head) => {
      this.#upgraded.add(socket)
      socket.on('close', () => this.#upgraded.delete(socket))
      passUpgrade(options.docker.socketPath, request, { client: socket, head })
    })
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  /** Gives where it listens, as Docker's programs take it. */
  async listen(): Promise<readonly string[]> {
    const { path } = this.#options
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    rmSync(path, { force: true })
    const umask = process.umask(0o117)
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject).listen(path, resolve)
      })
    } finally {
      process.umask(umask)
    }
    return [`unix://${path}`]
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
    for (const socket of this.#upgraded) socket.destroy()
    rmSync(this.#options.path, { force: true })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = request.url ?? ''
      if (request.method === 'POST' && CREATE.test(url)) return await this.#create(request, response)
      const id = request.method === 'POST' ? START.exec(url)?.[1] : undefined
      if (id !== undefined) return await this.#start(decodeURIComponent(id), request, response)
      passAnswer(await this.#pass(request), response)
    } catch (cause) {
      this.#options.log.write('warn', 'request to Docker not passed on', { reason: (cause as Error).message })
      refuse(response, 502, `weave proxy: ${(cause as Error).message}`)
    }
  }

  async #create(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await readBody(request)) as CreateBody
    const wishes = wishesOfBody(body)
    if (!wishes.ok) return refuse(response, 400, `WEAVE_CIDR: ${wishes.error}`)
    const changed = wishes.value.kind === 'none' ? body : await this.#rewrite(body, request.url ?? '')
    passAnswer(await this.#pass(request, JSON.stringify(changed)), response)
  }

  async #rewrite(body: CreateBody, url: string): Promise<CreateBody> {
    const { docker, addresses, waitFolder } = this.#options
    const image = needsImage(body) ? await docker.imageCommand(body.Image ?? '') : undefined
    const [domain, address] = await Promise.all([addresses.domain(), addresses.nameServer()])
    const nameServer = domain === undefined || address === undefined ? undefined : { domain, address }
    const name = new URL(url, 'http://docker').searchParams.get('name') ?? ''
    return rewriteCreate(body, { waitFolder, image, nameServer, name })
  }

  /** Answers when the container has its network; one that cannot have it does not run. */
  async #start(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#pass(request)
    if ((answer.statusCode ?? 500) >= 300) return passAnswer(answer, response)
    try {
      await this.#options.attach(id)
    } catch (cause) {
      answer.resume()
      await this.#options.docker.kill(id)
      return refuse(response, 500, `weave: no network for the container: ${(cause as Error).message}`)
    }
    passAnswer(answer, response)
  }

  #pass(request: IncomingMessage, body?: string): Promise<IncomingMessage> {
    return passRequest(this.#options.docker.socketPath, request, body)
  }
}

function refuse(response: ServerResponse, code: number, message: string): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(code, { 'content-type': 'application/json' }).end(`${JSON.stringify({ message })}\n`)
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
