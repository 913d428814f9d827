import { formatCidr, formatInterfaceAddress, type InterfaceAddress } from '../../base/cidr.ts'
import { formatIpv4, type Ipv4 } from '../../base/ipv4.ts'
import type { CniCall, CniRoute } from './cni-call.ts'

export interface CniOutcome {
  readonly addresses: readonly InterfaceAddress[]
  readonly gateway: Ipv4 | undefined
  readonly routes: readonly CniRoute[]
  readonly interfaces: readonly { readonly name: string; readonly mac: string; readonly sandbox?: string }[]
}

/** As the specification of the call's version wants it: before 1.0 each address says that it is of version 4. */
export function formatResult(call: Pick<CniCall, 'version' | 'dns'>, outcome: CniOutcome): string {
  const { addresses, gateway, routes, interfaces } = outcome
  const result = {
    cniVersion: call.version,
    ...(interfaces.length === 0 ? {} : { interfaces }),
    ips: addresses.map(address => ({
      ...(call.version.startsWith('0.') ? { version: '4' } : {}),
      address: formatInterfaceAddress(address),
      ...(gateway === undefined ? {} : { gateway: formatIpv4(gateway) }),
      ...(interfaces.length === 0 ? {} : { interface: interfaces.length - 1 }),
    })),
    routes: routes.map(({ dst, gw }) => ({
      dst: formatCidr(dst),
      ...(gw === undefined ? {} : { gw: formatIpv4(gw) }),
    })),
    ...(call.dns === undefined ? {} : { dns: call.dns }),
  }
  return JSON.stringify(result)
}
