import {
  formatIpAddress,
  formatIpNetwork,
  formatIpOnNetwork,
  type IpAddress,
  type IpOnNetwork,
  isIpv4,
} from '../../base/ip-address.ts'
import type { CniCall, CniRoute } from './cni-call.ts'

export interface CniOutcome {
  readonly addresses: readonly IpOnNetwork[]
  readonly gateway: IpAddress | undefined
  readonly routes: readonly CniRoute[]
  readonly interfaces: readonly { readonly name: string; readonly mac: string; readonly sandbox?: string }[]
}

/** As the specification of the call's version wants it: before 1.0 each address says of which version it is. */
export function formatResult(call: Pick<CniCall, 'version' | 'dns'>, outcome: CniOutcome): string {
  const { addresses, gateway, routes, interfaces } = outcome
  const result = {
    cniVersion: call.version,
    ...(interfaces.length === 0 ? {} : { interfaces }),
    ips: addresses.map(address => ({
      ...(call.version.startsWith('0.') ? { version: isIpv4(address.address) ? '4' : '6' } : {}),
      address: formatIpOnNetwork(address),
      ...(gateway === undefined ? {} : { gateway: formatIpAddress(gateway) }),
      ...(interfaces.length === 0 ? {} : { interface: interfaces.length - 1 }),
    })),
    routes: routes.map(({ dst, gw }) => ({
      dst: formatIpNetwork(dst),
      ...(gw === undefined ? {} : { gw: formatIpAddress(gw) }),
    })),
    ...(call.dns === undefined ? {} : { dns: call.dns }),
  }
  return JSON.stringify(result)
}
