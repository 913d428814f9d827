import { type AddressWish, parseWishes } from '../../agent/containers/address-wish.ts'
import { type HostContainers, hostContainers } from '../../agent/containers/host-containers.ts'
import { placeOf } from '../../agent/host/load-host.ts'
import { isRouterRunning } from '../../agent/http/control-client.ts'
import { ControlError } from '../../agent/http/control-error.ts'
import { formatIpAddress, type IpOnNetwork } from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { warn } from './report.ts'

export function containerTools({ root, paths }: CommandContext): HostContainers {
  const notIsolated = (reason: string) => warn(`subnets are not kept apart in the data path: ${reason}`)
  const notFiltered = (reason: string) => warn(`rules for IPv6 are lacking, those of IPv4 are set: ${reason}`)
  return hostContainers(root, placeOf(paths), { isAgent: false, notIsolated, notFiltered })
}

/** Addresses are the router's to give, even when they are named: another may have them. */
export async function requireRouter({ paths }: CommandContext): Promise<void> {
  if (!(await isRouterRunning(paths.controlSocket))) throw new ControlError('notRunning')
}

export function wishesOf(words: readonly string[]): readonly AddressWish[] {
  const wishes = parseWishes(words)
  if (wishes.ok) return wishes.value
  // The original ended with 1 after wrong usage.
  throw new UserError({
    cause: wishes.error,
    remedy: 'give addresses as 10.2.1.1/24, ip:10.2.1.1/24, net:10.2.1.0/24 or net:default',
  })
}

/** One line, without prefix lengths, as scripts take it from the original; nothing for none. */
export function addressLine(addresses: readonly IpOnNetwork[]): string {
  return addresses.length === 0 ? '' : `${addresses.map(({ address }) => formatIpAddress(address)).join(' ')}\n`
}
