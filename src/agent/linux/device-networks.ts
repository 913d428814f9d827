import { networkInterfaces } from 'node:os'
import { firstOf, type IpNetwork, isLinkLocal, parseIpOnNetwork } from '../../base/ip-address.ts'

/** The networks that the device's own addresses are of; of a device without addresses none. Those of the link alone do not count. */
export function networksOf(device: string): readonly IpNetwork[] {
  return (networkInterfaces()[device] ?? []).flatMap(({ cidr }) => {
    const own = parseIpOnNetwork(cidr ?? '')
    if (!own.ok || isLinkLocal(own.value.address)) return []
    const { address, prefix } = own.value
    return [{ network: firstOf(address, prefix), prefix }]
  })
}
