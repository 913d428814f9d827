import type { Endpoint } from '../../base/endpoint.ts'
import { mixed } from '../../base/mixed.ts'
import { readU32 } from '../wire/big-endian.ts'
import type { ForwardingTable, SessionKey } from './forwarding-table.ts'

/** What stands for a way that there is not. */
const NOTHING = -1

/**
 * Tells a table from the one before without keeping that: 53 bits of all that it says, as a number. Keys are random, so that the first
 * eight bytes of one tell it from another.
 */
export function digestOf({ self, peers, neighbours }: ForwardingTable): number {
  const digest = new Digest()
  digest.add(self)
  for (const { shortId, nextHop = NOTHING, isBeside, isFloodedByKernel, sealing, opening } of peers) {
    digest.add(shortId)
    digest.add(nextHop)
    digest.add((isBeside === true ? 1 : 0) + (isFloodedByKernel === true ? 2 : 0))
    addKey(digest, sealing)
    digest.add(opening.length)
    for (const key of opening) addKey(digest, key)
  }
  for (const { shortId, endpoint } of neighbours) {
    digest.add(shortId)
    addEndpoint(digest, endpoint)
  }
  return digest.value
}

function addKey(digest: Digest, key: SessionKey | undefined): void {
  if (key === undefined) return digest.add(NOTHING)
  digest.add(key.sourceKeyId)
  digest.add(key.destinationKeyId)
  digest.add(readU32(key.key, 0))
  digest.add(readU32(key.key, 4))
}

function addEndpoint(digest: Digest, endpoint: Endpoint | undefined): void {
  if (endpoint === undefined) return digest.add(NOTHING)
  digest.add(endpoint.port)
  for (let i = 0; i < endpoint.ip.length; i++) digest.add(endpoint.ip.charCodeAt(i))
}

/** Two hashes of all words, in their order. */
class Digest {
  #one = 1
  #other = 2

  get value(): number {
    return (this.#one >>> 11) * 0x1_0000_0000 + this.#other
  }

  add(word: number): void {
    this.#one = mixed(this.#one ^ Math.imul(word, 0xcc9e2d51))
    this.#other = mixed(this.#other ^ Math.imul(word, 0x1b873593))
  }
}
