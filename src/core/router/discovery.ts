import { type Endpoint, formatEndpoint, parseEndpoint } from '../../base/endpoint.ts'
import type { Announcements } from './announcements.ts'
import { endpointsOf } from './announcements.ts'
import type { RouterOptions } from './api.ts'
import type { Membership } from './membership.ts'

/** Which address belongs to whom, from the manifest and from what peers say of themselves. */
export class AddressBook {
  #owners = new Map<string, number>()
  #madeOf = ''

  /** Brings the book up to date; true when it had to be written anew. */
  rebuild(membership: Membership, announcements: Announcements): boolean {
    const madeOf = `${membership.version} ${announcements.identities}`
    if (madeOf === this.#madeOf) return false
    this.#madeOf = madeOf
    const owners = new Map<string, number>()
    for (const host of membership.members) {
      for (const key of endpointsOf(host)) owners.set(key, host.shortId)
    }
    for (const record of announcements.peers) {
      for (const key of endpointsOf(record)) owners.set(key, record.shortId)
    }
    this.#owners = owners
    return true
  }

  /** `key`: the endpoint as `formatEndpoint` writes it. */
  ownerOf(key: string): number | undefined {
    return this.#owners.get(key)
  }

  endpointsOf(peer: number, defaultPort: number): readonly Endpoint[] {
    const endpoints: Endpoint[] = []
    for (const [key, owner] of this.#owners) {
      const endpoint = owner === peer ? parseEndpoint(key, defaultPort) : undefined
      if (endpoint?.ok === true) endpoints.push(endpoint.value)
    }
    return endpoints
  }

  /** Addresses of all peers but this router's own. */
  others(options: RouterOptions): readonly Endpoint[] {
    const own = new Set(options.addresses.map(ip => formatEndpoint({ ip, port: options.port })))
    const others: Endpoint[] = []
    for (const [key, owner] of this.#owners) {
      const endpoint = parseEndpoint(key, options.port)
      if (endpoint.ok && owner !== options.shortId && !own.has(key)) others.push(endpoint.value)
    }
    return others
  }
}
