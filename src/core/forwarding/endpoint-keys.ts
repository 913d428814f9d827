import { type Endpoint, isIpv6Text } from '../../base/endpoint.ts'
import { formatIpAddress, parseIpAddress } from '../../base/ip-address.ts'
import { formatIpv4, ipv4FromNumber, parseIpv4 } from '../../base/ipv4.ts'
import { readU32, writeU32 } from '../wire/big-endian.ts'
import { type EndpointKey, IPV6_KEYS_FROM, ipv4Key, isIpv6Key, NO_ENDPOINT } from './endpoint-key.ts'

/** An IPv6 endpoint: the four words of its address, most significant first, and its port. */
interface Place {
  key: EndpointKey
  readonly words: Uint32Array
  port: number
}

/**
 * Gives endpoints their keys. An IPv4 endpoint is its key; one of IPv6 has more bits than a number, and gets the next free one. Those
 * that are held keep theirs. For all others there is one place, taken by the endpoint that was asked for last: strangers choose what
 * arrives, and must not make anything grow. A key is never given twice, so one that is kept too long stands for nothing.
 */
export class EndpointKeys {
  readonly #held = new Map<EndpointKey, Place>()
  readonly #byHash = new Map<number, Place[]>()
  readonly #passing: Place = { key: NO_ENDPOINT, words: new Uint32Array(4), port: 0 }
  readonly #asked = new Uint32Array(4)
  #next = IPV6_KEYS_FROM

  /** Holds these and no others; what was held before keeps its key. */
  hold(endpoints: Iterable<Endpoint>): void {
    const wanted = new Map<EndpointKey, Place>()
    for (const endpoint of endpoints) {
      const key = this.of(endpoint)
      if (!isIpv6Key(key)) continue
      const isHeld = this.#held.get(key)
      const place = isHeld ?? { key, words: this.#passing.words.slice(), port: this.#passing.port }
      if (isHeld === undefined) this.#keep(place)
      wanted.set(key, place)
    }
    for (const [key, place] of this.#held) if (!wanted.has(key)) this.#drop(place)
  }

  /** Of an endpoint that is not held: until the next such is asked for. */
  of({ ip, port }: Endpoint): EndpointKey {
    if (!isIpv6Text(ip)) {
      const ipv4 = parseIpv4(ip)
      return ipv4.ok ? ipv4Key(ipv4.value, port) : NO_ENDPOINT
    }
    const ipv6 = parseIpAddress(ip)
    if (!ipv6.ok) return NO_ENDPOINT
    for (let i = 0; i < 4; i++) this.#asked[i] = Number((ipv6.value >> BigInt(96 - 32 * i)) & 0xffffffffn)
    return this.#find(port)
  }

  /** Of the IPv6 address at `at`, likewise. Hot path. */
  ofBytes(bytes: Uint8Array, at: number, port: number): EndpointKey {
    for (let i = 0; i < 4; i++) this.#asked[i] = readU32(bytes, at + 4 * i)
    return this.#find(port)
  }

  /** Writes the IPv6 address of the key, and returns its port; zeros for a key that stands for nothing any more. */
  write(key: EndpointKey, bytes: Uint8Array, at: number): number {
    const place = this.#placeOf(key)
    for (let i = 0; i < 4; i++) writeU32(bytes, at + 4 * i, place?.words[i] ?? 0)
    return place?.port ?? 0
  }

  endpointOf(key: EndpointKey): Endpoint {
    if (!isIpv6Key(key)) return { ip: formatIpv4(ipv4FromNumber(Math.floor(key / 0x1_0000))), port: key % 0x1_0000 }
    const place = this.#placeOf(key)
    const value = (place?.words ?? new Uint32Array(4)).reduce((all, word) => (all << 32n) | BigInt(word), 0n)
    return { ip: formatIpAddress(value), port: place?.port ?? 0 }
  }

  #find(port: number): EndpointKey {
    const places = this.#byHash.get(hashOf(this.#asked, port))
    if (places !== undefined) {
      for (let i = 0; i < places.length; i++) {
        const place = places[i]
        if (place !== undefined && isAt(place, this.#asked, port)) return place.key
      }
    }
    if (!isAt(this.#passing, this.#asked, port) || this.#passing.key === NO_ENDPOINT) {
      this.#passing.words.set(this.#asked)
      this.#passing.port = port
      this.#passing.key = this.#next++
    }
    return this.#passing.key
  }

  #placeOf(key: EndpointKey): Place | undefined {
    return this.#held.get(key) ?? (key === this.#passing.key ? this.#passing : undefined)
  }

  #keep(place: Place): void {
    this.#held.set(place.key, place)
    const hash = hashOf(place.words, place.port)
    this.#byHash.set(hash, [...(this.#byHash.get(hash) ?? []), place])
  }

  #drop(place: Place): void {
    this.#held.delete(place.key)
    const hash = hashOf(place.words, place.port)
    const others = (this.#byHash.get(hash) ?? []).filter(other => other !== place)
    if (others.length === 0) this.#byHash.delete(hash)
    else this.#byHash.set(hash, others)
  }
}

function isAt(place: Place, words: Uint32Array, port: number): boolean {
  const own = place.words
  const isSame = own[0] === words[0] && own[1] === words[1] && own[2] === words[2] && own[3] === words[3]
  return isSame && place.port === port
}

function hashOf(words: Uint32Array, port: number): number {
  let hash = port
  for (let i = 0; i < 4; i++) hash = Math.imul(hash ^ (words[i] ?? 0), 0x01000193) ^ (hash >>> 15)
  return hash | 0
}
