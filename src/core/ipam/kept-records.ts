import type { PeerName } from '../../base/peer-name.ts'
import type { Homes } from './homes.ts'
import type { IpamMemory } from './memory.ts'
import type { PeerView, PeerViews } from './peer-views.ts'
import { without } from './range.ts'

export type RecordOf = (peer: PeerName) => string | undefined

/**
 * Records of others that outlive this router: those that tell of space beyond their publisher's own range, as a taking-over does. The
 * host whose range that is may come back to where nobody else can tell it. As many as there are members at most.
 */
export class KeptRecords {
  readonly #recordOf: RecordOf
  #earlier: ReadonlyMap<PeerName, string> = new Map()

  constructor(recordOf: RecordOf = () => undefined) {
    this.#recordOf = recordOf
  }

  restore(records: NonNullable<IpamMemory['records']>): void {
    this.#earlier = new Map(records)
  }

  /** Of an earlier life. */
  get earlier(): NonNullable<IpamMemory['records']> {
    return [...this.#earlier]
  }

  /** To be remembered. Before the manifest is known nobody can tell what is beyond a range. */
  memory(views: PeerViews, homes: Homes): NonNullable<IpamMemory['records']> {
    if (!homes.areKnown) return this.earlier
    return views.ofMembers.flatMap(view => {
      const record = this.#isNeeded(view, homes)
        ? (this.#recordOf(view.name) ?? this.#earlier.get(view.name))
        : undefined
      return record === undefined ? [] : [[view.name, record] as const]
    })
  }

  #isNeeded({ name, claims, grants, body }: PeerView, homes: Homes): boolean {
    const isUnheard = body === undefined && this.#earlier.has(name)
    return isUnheard || [...claims, ...grants].some(range => without(range, homes.of(name)).length > 0)
  }
}
