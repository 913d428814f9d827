import { type Endpoint, isIpv6Text } from '../../src/base/endpoint.ts'
import { Gateway, type GatewayOptions } from './gateway.ts'

/** Where something arrives, and whom it seems to come from. */
export interface Arrival {
  readonly name: string
  readonly from: Endpoint
}

/** Addresses, and who stands behind which NAT or firewall. Hosts behind the same one share a network of their own. */
export class Underlay {
  readonly #addresses = new Map<string, readonly string[]>()
  /** Where hosts were first: what they are dialled at. */
  readonly #homes = new Map<string, string>()
  readonly #owners = new Map<string, string>()
  readonly #gateways = new Map<string, Gateway>()
  readonly #deaf = new Set<string>()
  readonly #byPublicIp = new Map<string, Gateway>()

  /** Gives the host its addresses, of one family or both; with others it has moved. */
  place(name: string, ...ips: readonly string[]): void {
    const before = this.#addresses.get(name)
    for (const ip of before ?? []) if (this.#owners.get(ip) === name) this.#owners.delete(ip)
    if (before === undefined) this.#homes.set(name, ips[0] ?? '')
    this.#addresses.set(name, ips)
    for (const ip of ips) this.#owners.set(ip, name)
  }

  putBehind(names: readonly string[], options: GatewayOptions): Gateway {
    const gateway = new Gateway(options)
    if (gateway.translates) this.#byPublicIp.set(options.publicIp, gateway)
    for (const name of names) this.#gateways.set(name, gateway)
    return gateway
  }

  /** From here on no datagram gets to that address; control connections do. */
  loseDatagramsTo(ip: string): void {
    this.#deaf.add(ip)
  }

  /** From here on the host is in the open. */
  takeOut(name: string): void {
    this.#gateways.delete(name)
  }

  get gateways(): readonly Gateway[] {
    return [...new Set(this.#gateways.values())]
  }

  gatewayOf(name: string): Gateway | undefined {
    return this.#gateways.get(name)
  }

  behind(gateway: Gateway): readonly string[] {
    return [...this.#gateways].filter(([, other]) => other === gateway).map(([name]) => name)
  }

  ipOf(name: string): string {
    return this.#addresses.get(name)?.[0] ?? ''
  }

  /** What the host speaks to that address from; undefined when it has none of its family. */
  #sourceFor(name: string, to: string): string | undefined {
    return this.#addresses.get(name)?.find(ip => isIpv6Text(ip) === isIpv6Text(to))
  }

  /** A datagram that `sender` sends from `port`: where it comes out, or undefined when a gateway or nobody takes it. */
  datagram(sender: string, port: number, to: Endpoint, now: number): Arrival | undefined {
    const source = this.#sourceFor(sender, to.ip)
    if (source === undefined || this.#deaf.has(to.ip)) return undefined
    const inside = { ip: source, port }
    const mine = this.#gateways.get(sender)
    const name = this.#owners.get(to.ip)
    if (name !== undefined && this.#gateways.get(name) === mine) return { name, from: inside }
    const from = mine === undefined ? inside : mine.outward(inside, to, now)
    return from === undefined ? undefined : this.#inward(from, { to, mine, now })
  }

  /** A control connection: gateways let them out, never in. */
  connection(dialler: string, to: Endpoint): Arrival | undefined {
    const name = this.#owners.get(to.ip)
    const source = this.#sourceFor(dialler, to.ip)
    if (name === undefined || source === undefined) return undefined
    const [mine, theirs] = [this.#gateways.get(dialler), this.#gateways.get(name)]
    if (theirs !== mine && theirs !== undefined) return undefined
    const isTranslated = theirs !== mine && mine?.translates === true
    return { name, from: { ip: isTranslated ? mine.publicIp : source, port: 0 } }
  }

  /** One of the two can connect to the other: where datagrams do not pass, the connection carries them. */
  canLink(a: string, b: string): boolean {
    return this.#canBeDialled(a, b) || this.#canBeDialled(b, a)
  }

  /** Two that both moved find each other where a third tells them of an address. */
  mayLink(a: string, b: string): boolean {
    return this.#isOpenTo(a, b) || this.#isOpenTo(b, a)
  }

  #canBeDialled(name: string, by: string): boolean {
    return this.#isOpenTo(name, by) && this.ipOf(name) === this.#homes.get(name)
  }

  #isOpenTo(name: string, by: string): boolean {
    const gateway = this.#gateways.get(name)
    return gateway === undefined || gateway === this.#gateways.get(by)
  }

  #inward(from: Endpoint, way: { to: Endpoint; mine: Gateway | undefined; now: number }): Arrival | undefined {
    const { to, mine, now } = way
    const gateway = this.#byPublicIp.get(to.ip) ?? this.#gateways.get(this.#owners.get(to.ip) ?? '')
    if (gateway === undefined) return this.#at(to, from)
    const isPrivate = gateway.translates && to.ip !== gateway.publicIp
    const inside = isPrivate || gateway === mine ? undefined : gateway.inward(from, to, now)
    return inside === undefined ? undefined : this.#at(inside, from)
  }

  #at(to: Endpoint, from: Endpoint): Arrival | undefined {
    const name = this.#owners.get(to.ip)
    return name === undefined ? undefined : { name, from }
  }
}
