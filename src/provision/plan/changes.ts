import type { Problem } from '../../base/user-error.ts'
import type { Lock } from './lock.ts'
import { compareNames } from './numbering.ts'

/** What taking a plan changes in the lock, one line for each host that it concerns. */
export interface LockChange {
  readonly kind: 'add' | 'remove' | 'renumber' | 'readdress' | 'new-key'
  readonly host: string
  readonly text: string
}

export function changesBetween(before: Lock, after: Lock): readonly LockChange[] {
  const old = new Map(before.hosts.map(host => [host.name, host]))
  const kept = new Set(after.hosts.map(host => host.name))
  const changes: LockChange[] = after.hosts.flatMap(host => {
    const { name, index } = host
    const former = old.get(name)
    if (former === undefined) return [{ kind: 'add', host: name, text: `${name} gets number ${index}` }]
    return changesOfHost(former, host, layoutChange(before, after))
  })
  const removed = before.hosts.filter(({ name }) => !kept.has(name)).map(({ name, index }) => removal(name, index))
  return [...changes, ...removed].sort((a, b) => compareNames(a.host, b.host))
}

/** Hosts would get other addresses than they have: a migration, which nobody wants by accident. */
export function refuseRenumbering(changes: readonly LockChange[], remedy: string): readonly Problem[] {
  const moved = changes.filter(({ kind }) => kind === 'renumber' || kind === 'readdress')
  const [first] = moved
  if (first === undefined) return []
  // A host that gets another number in another subnet has two changes.
  const others = new Set(moved.map(({ host }) => host)).size - 1
  const rest = others > 0 ? `, and ${others} more` : ''
  return [{ cause: `hosts would be renumbered: ${first.text}${rest}`, remedy }]
}

function changesOfHost(former: Lock['hosts'][number], host: Lock['hosts'][number], layout: string | undefined) {
  const { name } = host
  const changes: LockChange[] = []
  if (former.index !== host.index) {
    const text = `${name} moves from number ${former.index} to ${host.index}: its containers get other addresses`
    changes.push({ kind: 'renumber', host: name, text })
  }
  if (layout !== undefined) {
    changes.push({ kind: 'readdress', host: name, text: `${name} gets other addresses: ${layout}` })
  }
  if (former.publicKey !== host.publicKey) {
    changes.push({ kind: 'new-key', host: name, text: `${name} is certified with a public key not seen before` })
  }
  return changes
}

function layoutChange(before: Lock, after: Lock): string | undefined {
  const [from, to] = [formatLayout(before.network), formatLayout(after.network)]
  return from === undefined || from === to ? undefined : `${from} becomes ${to}`
}

function formatLayout(network: Lock['network']): string | undefined {
  return network === undefined ? undefined : `${network.subnet} in ranges of /${network.containerPrefix}`
}

function removal(name: string, index: number): LockChange {
  return { kind: 'remove', host: name, text: `${name} goes; number ${index} stays reserved for its return` }
}
