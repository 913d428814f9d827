import { type IpOnNetwork, parseIpOnNetwork } from '../../base/ip-address.ts'
import { runAside, tryAside } from '../linux/run-aside.ts'
import { inside, showAddresses } from './interface-commands.ts'

/** A device as its own network namespace sees it. */
export interface NamespaceDevice {
  readonly name: string
  readonly mac: string
  /** Index of the other end of a pair, in the namespace where that is. */
  readonly peerIndex: number | undefined
  /** Without those that only the link knows. */
  readonly addresses: readonly IpOnNetwork[]
}

interface ShownDevice {
  readonly ifname?: string
  readonly address?: string
  readonly link_index?: number
  readonly addr_info?: readonly { readonly scope?: string; readonly local?: string; readonly prefixlen?: number }[]
}

/** The network namespace of a process. */
export function namespaceOf(pid: number): string {
  return `/proc/${pid}/ns/net`
}

export async function devicesIn(namespace: string): Promise<readonly NamespaceDevice[]> {
  return parseDevices(await runAside(inside(namespace, showAddresses())))
}

/** Empty when the namespace has gone meanwhile. */
export async function devicesInIfThere(namespace: string): Promise<readonly NamespaceDevice[]> {
  return parseDevices((await tryAside(inside(namespace, showAddresses()))) ?? '[]')
}

/** `shown`: what `ip -json address show` prints. */
export function parseDevices(shown: string): readonly NamespaceDevice[] {
  const devices = JSON.parse(shown) as ShownDevice[]
  return devices.map(device => ({
    name: device.ifname ?? '',
    mac: device.address ?? '',
    peerIndex: device.link_index,
    addresses: (device.addr_info ?? []).flatMap(({ scope, local, prefixlen }) => {
      const address = parseIpOnNetwork(`${local}/${prefixlen}`)
      return scope !== 'link' && address.ok ? [address.value] : []
    }),
  }))
}
