import type { AddressSource } from '../http/address-client.ts'
import { obtainAddresses } from './cni-addresses.ts'
import { type CniCall, requireContainer } from './cni-call.ts'
import { CNI_CODES, CniError } from './cni-error.ts'
import type { CniRecords } from './cni-records.ts'
import { formatResult } from './cni-result.ts'

/** The CNI plugin `weave-ipam` (Weave row CNI-03): the router’s addresses for the devices of other plugins. */
export async function weaveIpam(call: CniCall, addresses: AddressSource, records: CniRecords): Promise<string> {
  switch (call.command) {
    case 'ADD': {
      requireContainer(call)
      records.save(call)
      const given = await obtainAddresses({ ...call, ipamType: '' }, addresses)
      const { gateway, routes = [] } = call
      return formatResult(call, { addresses: given, gateway, routes, interfaces: [] })
    }
    case 'DEL':
      requireContainer(call)
      await addresses.release(call.containerId)
      records.remove(call)
      return ''
    case 'CHECK': {
      requireContainer(call)
      if ((await addresses.leases(call.containerId)).length > 0) return ''
      throw new CniError(CNI_CODES.unknownContainer, `container ${call.containerId} holds no address`)
    }
    case 'GC':
      for (const stray of records.strays(call)) {
        await addresses.release(stray.containerId)
        records.remove(stray)
      }
      return ''
    case 'STATUS':
      await addresses.leases('_')
      return ''
    default:
      throw new CniError(CNI_CODES.invalidEnvironment, `CNI_COMMAND '${call.command}' is unknown`)
  }
}
