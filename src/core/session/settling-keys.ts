import type { DerivedKey } from './session-keys.ts'

/** Keys that this router goes on sealing with though its own key was replaced, by peer: all of them until the same time. */
export class SettlingKeys {
  readonly #keys = new Map<number, DerivedKey>()
  #endsAt = Number.POSITIVE_INFINITY

  get endsAt(): number {
    return this.#endsAt
  }

  /** In the place of those that there are. */
  begin(keys: Iterable<readonly [number, DerivedKey]>, endsAt: number): void {
    this.end()
    for (const [peer, key] of keys) this.#keys.set(peer, key)
    this.#endsAt = endsAt
  }

  get(peer: number): DerivedKey | undefined {
    return this.#keys.get(peer)
  }

  drop(peer: number): void {
    this.#keys.delete(peer)
  }

  end(): void {
    this.#keys.clear()
    this.#endsAt = Number.POSITIVE_INFINITY
  }
}
