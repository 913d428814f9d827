import type { IpAddress } from '../../base/ip-address.ts'

/** How a router takes part in the floods of one source. */
export interface FloodTree {
  /** The neighbour that they come from; 0 at the source. */
  readonly parent: number
  /** Where they go on to. */
  readonly children: readonly IpAddress[]
}

/** All that the kernel knows of the fast path: a value, replaced as a whole whenever the router decides anew. */
export interface FastPathTable {
  readonly self: number
  /** Peers whose frames may be on the fast path at all. */
  readonly members: ReadonlySet<number>
  /** Addresses that VXLAN is taken from, and whose they are. */
  readonly endpoints: ReadonlyMap<IpAddress, number>
  /** Peers that frames go to on the fast path, and the address of the next hop. */
  readonly hops: ReadonlyMap<number, IpAddress>
  /** By source, this router included. */
  readonly trees: ReadonlyMap<number, FloodTree>
  /** Peers that this router's own floods reach in the kernel. */
  readonly flooded: ReadonlySet<number>
  /** Whether the sleeve has to reach others. */
  readonly puntsFloods: boolean
}

export function emptyFastPathTable(self: number): FastPathTable {
  return {
    self,
    members: new Set(),
    endpoints: new Map(),
    hops: new Map(),
    trees: new Map(),
    flooded: new Set(),
    puntsFloods: true,
  }
}
