import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { DockerClient } from '../docker/docker-client.ts'
import type { AddressSource } from '../http/address-client.ts'
import { readBody } from '../http/read-body.ts'
import type { Logger } from '../runtime/logger.ts'
import { type CreateBody, needsImage, rewriteCreate, wishesOfBody } from './create-request.ts'
import { type OverlayPlace, rewriteInspect } from './inspect-answer.ts'
import { passAnswer, passRequest, passUpgrade } from './passing.ts'
import { ProxyListener } from './proxy-listener.ts'
import { DEFAULT_PROXY, hostnameFor, type ProxySettings } from './proxy-settings.ts'

const BODY_BYTES_MAX = 16 * 1024 * 1024
const CREATE = /^(?:\/v[\d.]+)?\/containers\/create(?:\?|$)/
const INSPECT = /^(?:\/v[\d.]+)?\/containers\/([^/?]+)\/json(?:\?|$)/
const EXEC = /^(?:\/v[\d.]+)?\/containers\/([^/?]+)\/exec(?:\?|$)/
const START = /^(?:\/v[\d.]+)?\/containers\/([^/?]+)\/(?:start|restart)(?:\?|$)/

export interface ProxyOptions {
  readonly path: string
  readonly docker: DockerClient
  readonly addresses: Pick<AddressSource, 'domains' | 'nameServer'>
  /** The host's folder that holds the program which waits. */
  readonly waitFolder: string
  /** Brings a container that runs onto the overlay, if it is one of ours. */
  readonly attach: (id: string) => Promise<unknown>
  /** Where on the overlay a container is. */
  readonly placeOf: (id: string) => Promise<OverlayPlace | undefined>
  readonly log: Logger
}

/**
 * Docker's API in front of Docker's API (Weave rows PRX-01 to PRX-08): containers made through it wait for their network, which
 * they get when they are started. All else passes as it is, so any version of the API will do.
 */
export class DockerProxy {
  readonly #options: ProxyOptions
  #settings: ProxySettings = DEFAULT_PROXY
  readonly #listeners: ProxyListener[] = []
  /** Each takes its time, in which others may be asked for. */
  #opened: Promise<unknown> = Promise.resolve()
  #isOver = false

  constructor(options: ProxyOptions) {
    this.#options = options
  }

  get settings(): ProxySettings {
    return this.#settings
  }

  /** Where it listens, as Docker's programs take it. */
  get addresses(): readonly string[] {
    return this.#listeners.map(({ address }) => address)
  }

  /** Listens as the settings say, and no more as those before said. Rejects when a place cannot be had; the others work. */
  open(settings: ProxySettings): Promise<void> {
    const opened = this.#opened.then(() => this.#reopen(settings))
    this.#opened = opened.catch(() => undefined)
    return opened
  }

  /** For good, also what is just being opened. */
  close(): void {
    this.#isOver = true
    this.#closeAll()
  }

  async #reopen(settings: ProxySettings): Promise<void> {
    this.#closeAll()
    this.#settings = settings
    if (!settings.isOn) return
    const own = { kind: 'unix', path: this.#options.path } as const
    const handlers = {
      request: (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response),
      upgrade: (request: IncomingMessage, client: Socket, head: Buffer) =>
        passUpgrade(this.#options.docker.socketPath, request, { client, head }),
    }
    const failures: unknown[] = []
    for (const endpoint of [own, ...settings.listen]) {
      if (this.#isOver) return this.#closeAll()
      try {
        const listener = new ProxyListener(endpoint, settings.tls, handlers)
        await listener.listen()
        this.#listeners.push(listener)
      } catch (cause) {
        failures.push(cause)
      }
    }
    if (this.#isOver) return this.#closeAll()
    if (failures.length > 0) throw failures[0]
  }

  #closeAll(): void {
    for (const listener of this.#listeners.splice(0)) listener.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = request.url ?? ''
      if (request.method === 'POST' && CREATE.test(url)) return await this.#create(request, response)
      const id = request.method === 'POST' ? START.exec(url)?.[1] : undefined
      if (id !== undefined) return await this.#start(decodeURIComponent(id), request, response)
      const entered = request.method === 'POST' ? EXEC.exec(url)?.[1] : undefined
      if (entered !== undefined) await this.#awaitNetwork(decodeURIComponent(entered))
      const inspected = this.#settings.rewriteInspect && request.method === 'GET' ? INSPECT.exec(url)?.[1] : undefined
      if (inspected !== undefined) return await this.#inspect(decodeURIComponent(inspected), request, response)
      passAnswer(await this.#pass(request), response)
    } catch (cause) {
      this.#options.log.write('warn', 'request to Docker not passed on', { reason: (cause as Error).message })
      refuse(response, 502, `weave proxy: ${(cause as Error).message}`)
    }
  }

  async #create(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await readBody(request, BODY_BYTES_MAX)) as CreateBody
    const wishes = wishesOfBody(body, this.#settings.defaultIpalloc)
    if (!wishes.ok) return refuse(response, 400, `WEAVE_CIDR: ${wishes.error}`)
    const changed = wishes.value.kind === 'none' ? body : await this.#rewrite(body, request.url ?? '')
    passAnswer(await this.#pass(request, JSON.stringify(changed)), response)
  }

  async #rewrite(body: CreateBody, url: string): Promise<CreateBody> {
    const { docker, addresses, waitFolder } = this.#options
    const image = needsImage(body) ? await docker.imageCommand(body.Image ?? '') : undefined
    const [[domain], address] = await Promise.all([addresses.domains(), addresses.nameServer()])
    const hasNames = this.#settings.withDns && domain !== undefined && address !== undefined
    const nameServer = hasNames ? { domain, address } : undefined
    const given = new URL(url, 'http://docker').searchParams.get('name') ?? ''
    const name = hostnameFor(given, body.Labels ?? {}, this.#settings)
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

  /** Docker itself may just have started the container again; one without a network can still be looked into (Weave row PRX-05). */
  async #awaitNetwork(id: string): Promise<void> {
    try {
      await this.#options.attach(id)
    } catch (cause) {
      this.#options.log.write('warn', 'command in a container without its network', {
        reason: (cause as Error).message,
      })
    }
  }

  async #inspect(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#pass(request)
    const place = answer.statusCode === 200 ? await this.#options.placeOf(id) : undefined
    if (place === undefined) return passAnswer(answer, response)
    const text = rewriteInspect(await readBody(answer, BODY_BYTES_MAX), place)
    response.writeHead(200, { 'content-type': 'application/json' }).end(text)
  }

  #pass(request: IncomingMessage, body?: string): Promise<IncomingMessage> {
    return passRequest(this.#options.docker.socketPath, request, body)
  }
}

function refuse(response: ServerResponse, code: number, message: string): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(code, { 'content-type': 'application/json' }).end(`${JSON.stringify({ message })}\n`)
}
