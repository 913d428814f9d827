import { formatCidr } from '../../base/cidr.ts'
import { formatEndpoint } from '../../base/endpoint.ts'
import { isLinkLocal, networkContains, parseIpAddress, parseIpNetwork } from '../../base/ip-address.ts'
import type { Problem } from '../../base/user-error.ts'
import { ADVERTISED_MAX } from '../../contract/agent-config.ts'
import { HOST_PATHS } from '../../contract/host-paths.ts'
import { hostsMax, type Layout } from './addressing.ts'
import type { Inventory, InventoryHost } from './inventory.ts'
import type { LockedHost } from './lock.ts'

/** The agent's configuration, and Linux, allow no less and no more. */
const MTU_MIN = 576
const MTU_MAX = 65535

export function checkLayout(layout: Layout): readonly Problem[] {
  const { subnet, containerPrefix } = layout
  if (containerPrefix <= subnet.prefix || containerPrefix > 30) {
    const cause = `weave_container_prefix ${containerPrefix} does not cut weave_subnet ${formatCidr(subnet)} into ranges`
    return [{ cause, remedy: `choose a prefix from ${subnet.prefix + 1} to 30, or a wider weave_subnet` }]
  }
  if (hostsMax(layout) >= 1) return []
  return [{ cause: `weave_subnet ${formatCidr(subnet)} has no room for a host`, remedy: 'widen weave_subnet' }]
}

/** What folders and files add to a host's name must have room, too. */
const NAME_LENGTH_MAX = 200

/** A host's name becomes a folder, a word in commands, and the nickname of its router. */
export function checkNames(inventory: Inventory): readonly Problem[] {
  const bad = inventory.hosts
    .filter(({ name }) => !/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name))
    .map(({ name }) => ({
      cause: `host name '${name}' has characters other than letters, digits, '.', '_' and '-'`,
      remedy: 'give the host such a name, and its address in ansible_host',
    }))
  const long = inventory.hosts
    .filter(({ name }) => name.length > NAME_LENGTH_MAX)
    .map(({ name }) => ({
      cause: `host name '${name.slice(0, 20)}…' has more than ${NAME_LENGTH_MAX} characters`,
      remedy: 'give the host a shorter name, and its address in ansible_host',
    }))
  const same = duplicates(inventory.hosts, host => [host.name.toLowerCase()])
  const double = same.map(({ owners }) => ({
    cause: `hosts ${quoteAll(owners)} have the same name`,
    remedy: 'give each host a name of its own; upper and lower case count as the same',
  }))
  return [...bad, ...long, ...double]
}

export function checkHosts(inventory: Inventory, layout: Layout): readonly Problem[] {
  return [
    ...checkMtu(inventory),
    ...inventory.hosts.flatMap(host => checkPort(host)),
    ...inventory.hosts.flatMap(host => checkAddresses(host, layout)),
    ...checkSharedAddresses(inventory),
    ...checkSharedRanges(inventory),
  ]
}

function checkMtu({ mtu }: Inventory): readonly Problem[] {
  if (Number.isInteger(mtu) && mtu >= MTU_MIN && mtu <= MTU_MAX) return []
  return [{ cause: `weave_mtu ${mtu} is not from ${MTU_MIN} to ${MTU_MAX}`, remedy: 'leave it out, or set 1376' }]
}

function checkPort({ name, port }: InventoryHost): readonly Problem[] {
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return []
  return [{ cause: `weave_port ${port} of host '${name}' is not from 1 to 65535`, remedy: 'leave it out, or set 6783' }]
}

function checkAddresses(host: InventoryHost, layout: Layout): readonly Problem[] {
  // One that is chosen among the host's own is refused where it is chosen.
  if (host.underlayAddresses.length === 0 && host.underlayChoice !== undefined) return []
  if (host.underlayAddresses.length === 0) {
    const cause = `host '${host.name}' has no underlay address: its ansible_host is not an IP address`
    return [
      { cause, remedy: `set weave_underlay_address of '${host.name}' to the address that the other hosts reach it by` },
    ]
  }
  if (host.underlayAddresses.length > ADVERTISED_MAX) {
    const cause = `host '${host.name}' has more than ${ADVERTISED_MAX} underlay addresses`
    return [
      { cause, remedy: 'name in weave_underlay_addresses those that other hosts reach it by, the preferred one first' },
    ]
  }
  return host.underlayAddresses.flatMap(text => {
    const address = parseIpAddress(text)
    if (!address.ok) {
      const remedy = 'give IPv4 or IPv6 addresses in weave_underlay_address and weave_underlay_addresses'
      return [{ cause: `underlay address of host '${host.name}': ${address.error}`, remedy }]
    }
    if (isLinkLocal(address.value)) {
      const cause = `underlay address ${text} of host '${host.name}' is link-local: it means another host on each network`
      return [
        { cause, remedy: 'give an address that the other hosts can route to: global, or unique local (fd00::/8)' },
      ]
    }
    const overlay = parseIpNetwork(formatCidr(layout.subnet))
    if (!overlay.ok || !networkContains(overlay.value, address.value)) return []
    const cause = `underlay address ${text} of host '${host.name}' lies in the overlay, weave_subnet ${formatCidr(layout.subnet)}`
    return [{ cause, remedy: 'choose a weave_subnet that no underlay network overlaps' }]
  })
}

function checkSharedAddresses(inventory: Inventory): readonly Problem[] {
  return duplicates(inventory.hosts, host =>
    host.underlayAddresses.map(ip => formatEndpoint({ ip, port: host.port })),
  ).map(({ value, owners }) => ({
    cause: `hosts ${quoteAll(owners)} have the same underlay address ${value}`,
    remedy: 'correct ansible_host or weave_underlay_address of one of them',
  }))
}

function checkSharedRanges(inventory: Inventory): readonly Problem[] {
  const rangeOf = (host: InventoryHost) =>
    host.historic.containerRange === undefined ? [] : [host.historic.containerRange]
  return duplicates(inventory.hosts, rangeOf).map(({ value, owners }) => ({
    cause: `hosts ${quoteAll(owners)} have the same weave_container_cidr ${value}`,
    remedy: 'give each host a range of its own, or leave weave_container_cidr out',
  }))
}

/** Machines cloned with their state have one identity between them. */
export function checkIdentities(hosts: readonly LockedHost[]): readonly Problem[] {
  const keysOf = ({ publicKey }: LockedHost) => (publicKey === undefined ? [] : [publicKey])
  return duplicates(hosts, keysOf).map(({ owners }) => ({
    cause: `hosts ${quoteAll(owners)} have the same identity: one was cloned from the other`,
    remedy: `on the clone, stop weave and remove ${HOST_PATHS.identityKey}`,
  }))
}

interface Duplicate {
  readonly value: string
  readonly owners: readonly string[]
}

function duplicates<T extends { readonly name: string }>(
  hosts: readonly T[],
  valuesOf: (host: T) => readonly string[],
): readonly Duplicate[] {
  const owners = new Map<string, string[]>()
  for (const host of hosts) {
    for (const value of new Set(valuesOf(host))) owners.set(value, [...(owners.get(value) ?? []), host.name])
  }
  return [...owners].filter(([, names]) => names.length > 1).map(([value, names]) => ({ value, owners: names }))
}

function quoteAll(names: readonly string[]): string {
  return names.map(name => `'${name}'`).join(' and ')
}
