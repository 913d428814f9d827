import { type Cidr, contains } from '../../base/cidr.ts'
import { type IpAddress, ipAddressOfIpv4, ipv4Of } from '../../base/ip-address.ts'
import { type Ipv4, ipv4FromNumber } from '../../base/ipv4.ts'

/** 169.254.96.0/20: link-local, so routed by nobody, and clear of what clouds and Kubernetes answer at. bpf/fast-path.h has it too. */
export const TUNNEL_NETWORK: Cidr = { network: ipv4FromNumber(0xa9fe6000), prefix: 20 }

/** A router's address within the WireGuard tunnels: of VXLAN, and of nothing else. */
export function tunnelAddressOf(shortId: number): Ipv4 {
  return ipv4FromNumber(TUNNEL_NETWORK.network + shortId)
}

/** The same, as tables of the fast path have it. */
export function tunnelEndOf(shortId: number): IpAddress {
  return ipAddressOfIpv4(tunnelAddressOf(shortId))
}

export function isTunnelAddress(address: IpAddress): boolean {
  const ipv4 = ipv4Of(address)
  return ipv4 !== undefined && contains(TUNNEL_NETWORK, ipv4)
}
