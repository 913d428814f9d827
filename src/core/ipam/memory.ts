import type { IpNetwork } from '../../base/ip-address.ts'
import type { PeerName } from '../../base/peer-name.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import type { Grant } from './body.ts'
import type { Lease } from './lease-book.ts'
import type { Claim } from './owned-space.ts'
import type { KeptPromise } from './promises.ts'

/** What must outlive the process, so that nothing is given twice. */
export interface IpamMemory {
  readonly serial: number
  readonly grantSequence: number
  readonly wishSequence: number
  /** The home that was taken, as text: taken once. */
  readonly home: string
  readonly claims: readonly Claim[]
  readonly grants: readonly Grant[]
  readonly leases: readonly Lease[]
  readonly taken: readonly (readonly [PeerName, number])[]
  readonly served: readonly (readonly [PeerName, number])[]
  /** Absent in what was stored before ranges could be added. */
  readonly ranges?: readonly IpNetwork[]
  /** Whose claims to own space did not hold, and their epochs. Absent in what was stored before there were any. */
  readonly vain?: readonly (readonly [PeerName, number])[]
  /** Whose claims do not hold against what others have held for long, whose that is, and up to which epoch. Likewise. */
  readonly suspects?: readonly (readonly [PeerName, readonly (readonly [PeerName, number])[]])[]
  /** What manifests give to members that have not spoken of it, and the last that those had said. Likewise. */
  readonly promised?: readonly KeptPromise[]
  /** What others have to hear of: records as they were signed, by whom they are of. Likewise. */
  readonly records?: readonly (readonly [PeerName, string])[]
  /** Whom space was seen with: they are counted even when nobody can be reached after a restart. */
  readonly peers: readonly (readonly [PeerName, readonly Claim[]])[]
}

const FORMAT = 1
const BIG = /^\d{1,39}n$/

export function formatMemory(memory: IpamMemory): string {
  const text = JSON.stringify({ format: FORMAT, ...memory }, (_, value) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  return `${text}\n`
}

/** Written by this program only, so its shape is checked no further than its format. */
export function parseMemory(text: string): Result<IpamMemory> {
  try {
    const value = JSON.parse(text, (_, field) =>
      typeof field === 'string' && BIG.test(field) ? BigInt(field.slice(0, -1)) : field,
    )
    const lists = ['claims', 'grants', 'leases', 'taken', 'served', 'peers']
    const isWhole = value?.format === FORMAT && lists.every(list => Array.isArray(value[list]))
    return isWhole ? ok(value as IpamMemory) : refused('the stored addresses have another format')
  } catch {
    return refused('the stored addresses are not JSON')
  }
}
