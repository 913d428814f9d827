import { existsSync } from 'node:fs'

/** There as soon as the kernel speaks IPv6. */
const IPV6_ADDRESSES = '/proc/net/if_inet6'

/** False where the kernel was built or started without (`ipv6.disable=1`): it then refuses whatever names the family. */
export function hasIpv6(): boolean {
  return existsSync(IPV6_ADDRESSES)
}
