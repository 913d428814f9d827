import type { PeerName } from '../../base/peer-name.ts'
import type { Entry } from './entry.ts'

export interface FoundEntry extends Entry {
  readonly peer: PeerName
  readonly isOwn: boolean
  /** Its peer cannot be reached: the container may be gone. */
  readonly isStale: boolean
  /** Its address is another host's: it is answered to nobody. */
  readonly isRefused?: true
}

/** All names that a router knows of, as questions look for them. Names are in lower case (RFC 4343). */
export class NameIndex {
  readonly byName = new Map<string, FoundEntry[]>()
  readonly byAddress = new Map<string, FoundEntry[]>()
  /** Names that are no name themselves, but the end of one: `web` of `a.web.weave.local` is not unknown. */
  readonly parents = new Set<string>()

  constructor(entries: Iterable<FoundEntry>) {
    for (const entry of entries) {
      const name = entry.name.toLowerCase()
      put(this.byName, name, entry)
      this.#addParents(name)
      if (entry.data.kind === 'address') put(this.byAddress, entry.data.address, entry)
    }
  }

  #addParents(name: string): void {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      this.parents.add(name.slice(dot + 1))
    }
  }
}

function put(index: Map<string, FoundEntry[]>, key: string, entry: FoundEntry): void {
  const known = index.get(key)
  if (known === undefined) index.set(key, [entry])
  else known.push(entry)
}
