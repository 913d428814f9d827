import { TokenBucket } from '../transport/token-bucket.ts'

const PER_ADDRESS = { burst: 5, perSecond: 0.1 }
const IN_TOTAL = { burst: 30, perSecond: 1 }
/** Addresses remembered at one time; the one that was heard of longest ago goes first. */
export const ADDRESSES_MAX = 1024
/** Who has proved the password before does not wait behind strangers. */
export const ACQUAINTANCES_MAX = 4095

/**
 * Limits wrong passwords, by address and in total. A guess is taken when it is made and given back when it was right, so that many
 * at once are no way round; keys that have proved the password are exempt, so that strangers cannot lock members out.
 */
export class GuessLimiter {
  readonly #clock: () => number
  readonly #total: TokenBucket
  readonly #byAddress = new Map<string, TokenBucket>()
  readonly #acquaintances = new Set<string>()

  constructor(clock: () => number) {
    this.#clock = clock
    this.#total = new TokenBucket(IN_TOTAL.burst, IN_TOTAL.perSecond, clock())
  }

  /** False when no more guesses are allowed. */
  take(address: string, publicKey: Uint8Array): boolean {
    if (this.#acquaintances.has(nameOf(publicKey))) return true
    const now = this.#clock()
    return this.#bucketOf(address, now).take(now) && this.#total.take(now)
  }

  /** The guess was right: costs nothing. Who was exempt took nothing that could be given back to others at its address. */
  succeeded(address: string, publicKey: Uint8Array): void {
    if (this.#acquaintances.has(nameOf(publicKey))) return
    this.#byAddress.get(address)?.giveBack()
    this.#total.giveBack()
    if (this.#acquaintances.size >= ACQUAINTANCES_MAX) {
      for (const oldest of this.#acquaintances) {
        this.#acquaintances.delete(oldest)
        break
      }
    }
    this.#acquaintances.add(nameOf(publicKey))
  }

  /** Another password counts: nobody is exempt. */
  forgetAcquaintances(): void {
    this.#acquaintances.clear()
  }

  #bucketOf(address: string, now: number): TokenBucket {
    const known = this.#byAddress.get(address) ?? new TokenBucket(PER_ADDRESS.burst, PER_ADDRESS.perSecond, now)
    this.#byAddress.delete(address)
    this.#byAddress.set(address, known)
    for (const oldest of this.#byAddress.keys()) {
      if (this.#byAddress.size <= ADDRESSES_MAX) break
      this.#byAddress.delete(oldest)
    }
    return known
  }
}

function nameOf(publicKey: Uint8Array): string {
  return Buffer.from(publicKey).toString('base64')
}
