import { type AddressBody, encodeAddressBody, type PublishedClaim } from '../../src/core/ipam/body.ts'
import type { Range } from '../../src/core/ipam/range.ts'
import type { AddressHost, AddressWorld } from './address-world.ts'

/** What a member that lies says of addresses, later than all that it said before. */
export function falseBodyOf(lie: Partial<AddressBody>): Uint8Array {
  const empty = { claims: [], grants: [], taken: new Map(), wishes: [], denials: [], ranges: [] }
  return encodeAddressBody({ ...empty, serial: 1_000, ...lie })
}

export function claimOf({ from, to }: Range, epoch: number): PublishedClaim {
  return { from, to, epoch, isSettling: false, free: 1n }
}

/** What the host itself says that it has. */
export function rangesOf(world: AddressWorld, host: AddressHost): readonly Range[] {
  const self = host.ipam.status(world.time.now).peers.find(peer => peer.isSelf)
  return (self?.ranges ?? []).map(({ from, to }) => ({ from, to }))
}

/** Its own router takes it for a copy, and is silent. */
export function sayOnlyWhatItLies(world: AddressWorld, liar: AddressHost): void {
  world.tell(liar, { kind: 'heard', peer: liar.name, body: falseBodyOf({}) })
}
