import type { Problem } from '../../base/user-error.ts'
import { HOST_PATHS } from '../../contract/host-paths.ts'
import type { Inventory } from './inventory.ts'
import type { Lock, LockedHost, RemovedHost } from './lock.ts'

/** What the inventory says, but of hosts that were removed: a dead one must not come back because its line is still there. */
export function withoutRemoved(inventory: Inventory, lock: Lock): Inventory {
  const gone = new Set((lock.removed ?? []).filter(({ isBack }) => isBack !== true).map(({ name }) => name))
  if (gone.size === 0) return inventory
  const hosts = inventory.hosts.filter(({ name }) => !gone.has(name))
  return { ...inventory, hosts: hosts.map(host => ({ ...host, peers: host.peers?.filter(peer => !gone.has(peer)) })) }
}

export function isRemoved(lock: Lock, name: string): boolean {
  return (lock.removed ?? []).some(removed => removed.name === name && removed.isBack !== true)
}

/** Its number becomes a tombstone with the next plan. */
export function markRemoved(lock: Lock, name: string, options: { readonly isRevoked: boolean }): Lock {
  const former = (lock.removed ?? []).find(removed => removed.name === name)
  const present = lock.hosts.find(host => host.name === name)?.publicKey
  const revokedKey = options.isRevoked ? (present ?? former?.revokedKey) : former?.revokedKey
  const others = (lock.removed ?? []).filter(removed => removed !== former)
  return { ...lock, removed: [...others, { name, revokedKey }] }
}

/** It counts again; a key of it that was revoked stays so. */
export function markReturned(lock: Lock, name: string): Lock {
  const removed = (lock.removed ?? []).flatMap((one): readonly RemovedHost[] => {
    if (one.name !== name) return [one]
    return one.revokedKey === undefined ? [] : [{ ...one, isBack: true }]
  })
  return { ...lock, removed }
}

export function checkRevoked(lock: Lock, hosts: readonly LockedHost[]): readonly Problem[] {
  const revoked = new Set((lock.removed ?? []).flatMap(({ revokedKey }) => revokedKey ?? []))
  return hosts
    .filter(({ publicKey }) => publicKey !== undefined && revoked.has(publicKey))
    .map(({ name }) => ({
      cause: `host '${name}' shows a key that was revoked`,
      remedy: `on it, stop weave and remove ${HOST_PATHS.identityKey}: it makes a new one; or take it out of the inventory`,
    }))
}
