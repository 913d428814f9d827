import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { noAnswer, requestOverUnix, type UnixReply, type UnixRequest } from '../http/unix-request.ts'
import { DockerGone, noSuchContainer } from './docker-error.ts'
import {
  addressesOf,
  type ContainerDetails,
  type DockerEvent,
  type RawNetwork,
  readDetails,
  readEvent,
} from './docker-shapes.ts'

const DEFAULT_SOCKET = 'var/run/docker.sock'
const TIMEOUT_MS = 60_000
/** The last two are of networks. */
const EVENTS = ['start', 'die', 'destroy', 'health_status', 'connect', 'disconnect']
const EVENT_BYTES_MAX = 1024 * 1024

type Question = Omit<UnixRequest, 'socketPath' | 'timeoutMs'>

/** What an image runs when nothing else is said. */
export interface ImageCommand {
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
}

interface RawImage {
  readonly Config?: { readonly Entrypoint?: readonly string[] | null; readonly Cmd?: readonly string[] | null } | null
}

/** As `POST /networks/create` takes it. */
export interface NetworkWish {
  readonly Name: string
  readonly Driver: string
  readonly IPAM: { readonly Driver: string; readonly Config: readonly { readonly Subnet: string }[] }
  readonly Options: Readonly<Record<string, string>>
}

/** Where Docker is asked: only this host's daemon has the containers of this host, so a remote DOCKER_HOST does not count. */
export function dockerSocket(root: string, environment: { readonly DOCKER_HOST?: string | undefined }): string {
  const host = environment.DOCKER_HOST ?? ''
  if (host.startsWith('unix://') && host.length > 'unix://'.length) return host.slice('unix://'.length)
  return join(root, DEFAULT_SOCKET)
}

/**
 * The questions that the agent has for Docker. Each daemon says which version of its API it speaks, and is asked in that one:
 * the few fields that are read have been the same since 1.12, and no version is fixed that a later daemon would refuse.
 */
export class DockerClient {
  readonly socketPath: string
  readonly #timeoutMs: number
  #version: string | undefined

  constructor(socketPath: string, timeoutMs = TIMEOUT_MS) {
    this.socketPath = socketPath
    this.#timeoutMs = timeoutMs
  }

  /** The version of the API that is spoken, as in `1.41`. */
  async apiVersion(): Promise<string> {
    if (this.#version !== undefined) return this.#version
    const { headers } = await this.#ask({ path: '/_ping' })
    const version = headers['api-version']
    if (typeof version !== 'string') throw new DockerGone(this.socketPath, 'it does not say its API version')
    this.#version = version
    return version
  }

  /** Undefined when there is no such container; `reference`: an id, the start of one, or a name. */
  async find(reference: string): Promise<ContainerDetails | undefined> {
    const reply = await this.#askVersioned({ path: `/containers/${encodeURIComponent(reference)}/json` })
    return reply.code === 404 ? undefined : readDetails(JSON.parse(this.#succeeded(reply)))
  }

  async inspect(reference: string): Promise<ContainerDetails> {
    const found = await this.find(reference)
    if (found === undefined) throw noSuchContainer(reference)
    return found
  }

  /** Ids of the running containers, or of all. */
  async list(all = false): Promise<readonly string[]> {
    const reply = await this.#askVersioned({ path: `/containers/json?all=${all ? 1 : 0}` })
    return (JSON.parse(this.#succeeded(reply)) as { Id: string }[]).map(({ Id }) => Id)
  }

  /** What an image runs; undefined when it is not on this host. */
  async imageCommand(image: string): Promise<ImageCommand | undefined> {
    const reply = await this.#askVersioned({
      path: `/images/${image.split('/').map(encodeURIComponent).join('/')}/json`,
    })
    if (reply.code === 404) return undefined
    const { Config: config } = JSON.parse(this.#succeeded(reply)) as RawImage
    return { entrypoint: config?.Entrypoint ?? [], command: config?.Cmd ?? [] }
  }

  /** One that has ended is no error. */
  async kill(id: string): Promise<void> {
    const reply = await this.#askVersioned({ method: 'POST', path: `/containers/${encodeURIComponent(id)}/kill` })
    if (reply.code !== 404 && reply.code !== 409) this.#succeeded(reply)
  }

  /** Addresses that the IPAM driver has lent to Docker's networks: of their containers, and those set aside when they were made. */
  async networkAddresses(ipamDriver: string): Promise<readonly string[]> {
    const networks = JSON.parse(this.#succeeded(await this.#askVersioned({ path: '/networks' }))) as RawNetwork[]
    const addresses: string[] = []
    for (const { Id, IPAM } of networks) {
      if (IPAM?.Driver !== ipamDriver) continue
      // Only a network by itself is shown with its containers.
      const reply = await this.#askVersioned({ path: `/networks/${Id}` })
      if (reply.code !== 404) addresses.push(...addressesOf(JSON.parse(this.#succeeded(reply)) as RawNetwork))
    }
    return addresses
  }

  /** The device of Docker's own network; undefined when it was told to have none. */
  async bridgeName(): Promise<string | undefined> {
    const reply = await this.#askVersioned({ path: '/networks/bridge' })
    if (reply.code === 404) return undefined
    return (JSON.parse(this.#succeeded(reply)) as RawNetwork).Options?.['com.docker.network.bridge.name']
  }

  /** Makes the network unless there is one of its name. True when it was made. */
  async ensureNetwork(network: NetworkWish): Promise<boolean> {
    const found = await this.#askVersioned({ path: `/networks/${encodeURIComponent(network.Name)}` })
    if (found.code !== 404) {
      this.#succeeded(found)
      return false
    }
    const headers = { 'content-type': 'application/json' }
    const made = { method: 'POST', path: '/networks/create', headers, body: JSON.stringify(network) } as const
    this.#succeeded(await this.#askVersioned(made))
    return true
  }

  /** One that is not there is no error; one that containers are on is. */
  async removeNetwork(name: string): Promise<void> {
    const reply = await this.#askVersioned({ method: 'DELETE', path: `/networks/${encodeURIComponent(name)}` })
    if (reply.code !== 404) this.#succeeded(reply)
  }

  /** What happens to containers from the moment this resolves, until the daemon ends or `signal` says so. */
  async openEvents(signal: AbortSignal): Promise<AsyncIterable<DockerEvent>> {
    const filters = JSON.stringify({ type: ['container', 'network'], event: EVENTS })
    const version = await this.apiVersion()
    return this.#readEvents(await this.#open(`/v${version}/events?filters=${encodeURIComponent(filters)}`, signal))
  }

  async *#readEvents(response: IncomingMessage): AsyncGenerator<DockerEvent> {
    let rest = ''
    for await (const part of response.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = `${rest}${part}`.split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > EVENT_BYTES_MAX) throw new DockerGone(this.socketPath, 'an event without an end')
      const events = lines.filter(line => line.trim() !== '').map(line => readEvent(JSON.parse(line)))
      yield* events.filter(({ id }) => id !== '')
    }
    this.#version = undefined
  }

  #open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.socketPath, path, headers: { host: 'docker' }, signal }, response => {
        // For hours nothing may happen; the daemon says at once that it is listened to.
        asked.setTimeout(0)
        resolve(response)
      })
      asked.setTimeout(this.#timeoutMs, () => asked.destroy(noAnswer()))
      asked.on('error', cause => reject(this.#gone(cause)))
      asked.end()
    })
  }

  async #askVersioned(wish: Question): Promise<UnixReply> {
    return this.#ask({ ...wish, path: `/v${await this.apiVersion()}${wish.path}` })
  }

  async #ask(wish: Question): Promise<UnixReply> {
    try {
      return await requestOverUnix({ socketPath: this.socketPath, timeoutMs: this.#timeoutMs, ...wish })
    } catch (cause) {
      throw this.#gone(cause as NodeJS.ErrnoException)
    }
  }

  #gone(cause: NodeJS.ErrnoException): DockerGone {
    // Another daemon may come up there, of another version.
    this.#version = undefined
    return new DockerGone(this.socketPath, cause.code ?? cause.message)
  }

  #succeeded(reply: UnixReply): string {
    if (reply.code < 300) return reply.text
    throw new DockerGone(this.socketPath, `${reply.code} ${reply.text.trim()}`)
  }
}
