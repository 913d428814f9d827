import {
  formatIpAddress,
  formatIpNetwork,
  formatIpOnNetwork,
  type IpNetwork,
  type IpOnNetwork,
  parseIpNetwork,
  parseIpOnNetwork,
} from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import { explainSilence } from './control-client.ts'
import { requestOverUnix, type UnixReply } from './unix-request.ts'

/** Allocation waits for other hosts at times; the router has a deadline of its own that is shorter. */
const TIMEOUT_MS = 120_000

/** Of a router that has as many names as it can tell of, which it writes to its log. */
const NO_ROOM = 507

export interface AddressOwner {
  readonly id: string
  readonly addresses: readonly IpOnNetwork[]
}

/** The router's address space and names, over the original's paths (Weave rows API-09 to API-14, API-19 to API-21). */
export interface AddressSource {
  /** One address for the container, the same again for the same container and subnet. */
  allocate(containerId: string, subnet: IpNetwork | undefined): Promise<IpOnNetwork>
  /** Rejects with a `UserError` when another has it. */
  claim(containerId: string, address: IpOnNetwork): Promise<void>
  leases(containerId: string): Promise<readonly IpOnNetwork[]>
  /** Who has which addresses of this router. */
  owners(): Promise<readonly AddressOwner[]>
  /** All of the container's without an address. */
  release(containerId: string, address?: IpOnNetwork): Promise<void>
  /** Without a name a container works, too: that the router has no room for more does not reject. */
  addName(containerId: string, address: IpOnNetwork, fqdn: string): Promise<void>
  removeNames(containerId: string, address?: IpOnNetwork): Promise<void>
  /** Containers, and whoever else, that have names from this router. */
  nameOwners(): Promise<readonly string[]>
  /** What the container's health check says; heeded where the router was told to. */
  judge(containerId: string, isHealthy: boolean): Promise<void>
  /** Without the dot at their end, the search domain first; none when the router answers no names. */
  domains(): Promise<readonly string[]>
  /** Where containers are to ask for names; undefined when the router answers none. */
  nameServer(): Promise<string | undefined>
  /** Undefined when the router hands out no addresses. */
  defaultSubnet(): Promise<IpNetwork | undefined>
}

export class AddressClient implements AddressSource {
  readonly #socketPath: string

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  async allocate(containerId: string, subnet: IpNetwork | undefined): Promise<IpOnNetwork> {
    const place = subnet === undefined ? '' : `/${formatIpNetwork(subnet)}`
    const reply = await this.#ask('POST', `/ip/${containerId}${place}`)
    const address = parseIpOnNetwork(succeeded(reply).trim())
    if (!address.ok) throw new Error(`the router answered '${reply.text.trim()}' to a wish for an address`)
    return address.value
  }

  /** A router without an address space has nothing to say against an address that was chosen by hand. */
  async claim(containerId: string, address: IpOnNetwork): Promise<void> {
    const path = `/ip/${containerId}/${formatIpOnNetwork(address)}?noErrorOnUnknown=true`
    const reply = await this.#ask('PUT', path)
    if (!isUnknownPath(reply)) succeeded(reply)
  }

  async leases(containerId: string): Promise<readonly IpOnNetwork[]> {
    const reply = await this.#ask('GET', `/ip/${containerId}`)
    if (reply.code === 404) return []
    return parsed(succeeded(reply).split(/\s+/))
  }

  async owners(): Promise<readonly AddressOwner[]> {
    const reply = await this.#ask('GET', '/ip')
    if (isUnknownPath(reply)) return []
    const { owned = [] } = JSON.parse(succeeded(reply)) as { owned?: { containerid: string; addrs: string[] }[] }
    return owned.map(({ containerid, addrs }) => ({ id: containerid, addresses: parsed(addrs) }))
  }

  async release(containerId: string, address?: IpOnNetwork): Promise<void> {
    const place = address === undefined ? '' : `/${formatIpAddress(address.address)}`
    forgiving(await this.#ask('DELETE', `/ip/${containerId}${place}`))
  }

  async addName(containerId: string, address: IpOnNetwork, fqdn: string): Promise<void> {
    const body = new URLSearchParams({ fqdn }).toString()
    const reply = await this.#ask('PUT', `/name/${containerId}/${formatIpAddress(address.address)}`, body)
    if (!isUnknownPath(reply) && reply.code !== NO_ROOM) succeeded(reply)
  }

  async removeNames(containerId: string, address?: IpOnNetwork): Promise<void> {
    const place = address === undefined ? '' : `/${formatIpAddress(address.address)}`
    forgiving(await this.#ask('DELETE', `/name/${containerId}${place}`))
  }

  async nameOwners(): Promise<readonly string[]> {
    const reply = await this.#ask('GET', '/name-owners')
    return isUnknownPath(reply) ? [] : succeeded(reply).split('\n').filter(Boolean)
  }

  async judge(containerId: string, isHealthy: boolean): Promise<void> {
    forgiving(await this.#ask('PUT', `/health/${containerId}/${isHealthy ? 'healthy' : 'unhealthy'}`))
  }

  async domains(): Promise<readonly string[]> {
    const reply = await this.#ask('GET', '/domains')
    return isUnknownPath(reply)
      ? []
      : succeeded(reply)
          .trim()
          .split('\n')
          .map(domain => domain.replace(/\.$/, ''))
  }

  async defaultSubnet(): Promise<IpNetwork | undefined> {
    const reply = await this.#ask('GET', '/ipinfo/defaultsubnet')
    const subnet = parseIpNetwork(reply.text.trim())
    return isUnknownPath(reply) || !subnet.ok ? undefined : subnet.value
  }

  async nameServer(): Promise<string | undefined> {
    const reply = await this.#ask('GET', '/dns-address')
    return isUnknownPath(reply) ? undefined : succeeded(reply).trim()
  }

  async #ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: string): Promise<UnixReply> {
    const headers = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
    const wish = { socketPath: this.#socketPath, method, path, headers, timeoutMs: TIMEOUT_MS }
    try {
      return await requestOverUnix(body === undefined ? wish : { ...wish, body })
    } catch (cause) {
      throw explainSilence(this.#socketPath, cause as NodeJS.ErrnoException)
    }
  }
}

function parsed(words: readonly string[]): readonly IpOnNetwork[] {
  return words.flatMap(word => {
    const address = parseIpOnNetwork(word)
    return address.ok ? [address.value] : []
  })
}

function isUnknownPath({ code }: UnixReply): boolean {
  return code === 404 || code === 405
}

/** What is not there need not be taken away: 400 is the original's answer to an unknown container. */
function forgiving(reply: UnixReply): void {
  if (reply.code !== 400 && !isUnknownPath(reply)) succeeded(reply)
}

function succeeded(reply: UnixReply): string {
  if (reply.code < 300) return reply.text
  if (isUnknownPath(reply)) {
    const remedy = 'name an address yourself (10.2.1.1/24), or give the router a range: weave launch --ipalloc-range'
    throw new UserError({ cause: 'this router hands out no addresses', remedy })
  }
  const [cause = '', remedy = 'see `weave status ipam`'] = reply.text.trim().split('\n')
  throw new UserError({ cause, remedy })
}
