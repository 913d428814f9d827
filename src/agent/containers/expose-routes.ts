import { type IpOnNetwork, parseIpOnNetwork } from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import type { Route } from '../http/route.ts'

export interface HostExposing {
  /** The host has the address from then on, as with `weave expose`. */
  expose(address: IpOnNetwork, masquerade: boolean): Promise<void>
}

/** Weave row API-08. */
export function exposeRoutes(service: () => HostExposing | undefined): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/expose/:ip/:prefix',
      answer: async ({ parameters, query }) => {
        const address = parseIpOnNetwork(`${parameters.ip}/${parameters.prefix}`)
        if (!address.ok) throw new UserError({ cause: address.error, remedy: 'ask for /expose/10.2.1.100/24' })
        const exposing = service()
        if (exposing === undefined) return { code: 503, text: 'the router is only just starting\ntry again\n' }
        await exposing.expose(address.value, query.get('skipNAT') !== 'true')
        return { code: 204, text: '' }
      },
    },
  ]
}
