import { type Endpoint, formatEndpoint, parseEndpoint } from '../../base/endpoint.ts'
import type { Announcements } from './announcements.ts'
import type { RouterOptions } from './api.ts'
import type { Membership } from './membership.ts'

interface Place {
  readonly endpoint: Endpoint
  readonly owner: number
}

/** Which address belongs to whom, from the manifest and from what peers say of themselves. */
export class AddressBook {
  #places = new Map<string, Place>()
  #madeOf = ''

  /** Brings the book up to date; true when it had to be written anew. */
  rebuild(membership: Membership, announcements: Announcements): boolean {
    const madeOf = `${membership.version} ${announcements.identities}`
    if (madeOf === this.#madeOf) return false
    this.#madeOf = madeOf
    this.#places = new Map()
    for (const host of membership.members) this.#enter(host.shortId, host)
    // Members of an open cluster are what their records say.
    if (membership.kind === 'certified') for (const record of announcements.peers) this.#enter(record.shortId, record)
    return true
  }

  /** `key`: the endpoint as `formatEndpoint` writes it. */
  ownerOf(key: string): number | undefined {
    return this.#places.get(key)?.owner
  }

  endpointsOf(peer: number): readonly Endpoint[] {
    const places = [...this.#places.values()].filter(({ owner }) => owner === peer)
    return places.map(({ endpoint }) => endpoint)
  }

  /** Addresses of all peers but this router's own. */
  others(options: Pick<RouterOptions, 'shortId' | 'addresses' | 'port'>): readonly Endpoint[] {
    const own = new Set(options.addresses.map(ip => formatEndpoint({ ip, port: options.port })))
    const others: Endpoint[] = []
    for (const [key, { endpoint, owner }] of this.#places) {
      if (owner !== options.shortId && !own.has(key)) others.push(endpoint)
    }
    return others
  }

  #enter(owner: number, { addresses, port }: Pick<RouterOptions, 'addresses' | 'port'>): void {
    for (const ip of addresses) {
      const endpoint = { ip, port }
      const key = formatEndpoint(endpoint)
      if (parseEndpoint(key, port).ok) this.#places.set(key, { endpoint, owner })
    }
  }
}
