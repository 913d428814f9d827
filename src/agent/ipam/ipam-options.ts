import { type IpNetwork, parseIpNetwork } from '../../base/ip-address.ts'
import { parsePeerName } from '../../base/peer-name.ts'
import { UserError } from '../../base/user-error.ts'
import type { InitialSpace, RouterOptions } from '../../core/router/index.ts'
import type { Host } from '../host/load-host.ts'
import type { ServiceSettings } from '../host/service-settings.ts'

type IpamSettings = NonNullable<RouterOptions['ipam']>

/** Where each range comes from the manifest Docker hands it out from below, so this end begins above. */
export function ipamOptionsOf(
  host: Pick<Host, 'kind' | 'config'>,
  settings: ServiceSettings,
  { peers, stored }: { readonly peers: number; readonly stored: string | undefined },
): IpamSettings | undefined {
  const range = host.kind === 'certified' ? host.config.subnet : (settings.range ?? host.config.subnet)
  if (range === '') return undefined
  const universe = [networkOf(range)]
  const given = settings.range === undefined || host.kind === 'open' ? [] : [networkOf(settings.range)]
  if (host.kind === 'certified') {
    const all = [...universe, ...given]
    return { universe: all, commons: given, initial: { kind: 'manifest' }, reserved: [], order: 'highest', stored }
  }
  const initial = parseInitial(settings.initial ?? 'consensus', peers + 1)
  return { universe, commons: universe, initial, reserved: [], order: 'lowest', stored }
}

/** `peers`: this router and those it was launched with, when no number is given. */
export function parseInitial(text: string, peers: number): InitialSpace {
  const [kind = '', value] = text.split('=')
  if (kind === 'observer' && value === undefined) return { kind }
  if (kind === 'consensus') {
    const expected = value === undefined ? peers : Number(value)
    if (Number.isInteger(expected) && expected >= 1) return { kind, expected }
  }
  const names = (value ?? '').split(',').map(parsePeerName)
  if (kind === 'seed' && names.every(name => name.ok)) {
    return { kind, peers: names.flatMap(name => (name.ok ? [name.value] : [])) }
  }
  throw new UserError({
    cause: `'${text}' says not how addresses get their first owner`,
    remedy: 'give --ipalloc-init consensus[=COUNT], seed=PEERNAME,… or observer',
  })
}

function networkOf(text: string): IpNetwork {
  const network = parseIpNetwork(text)
  if (network.ok) return network.value
  throw new UserError({ cause: network.error, remedy: 'give --ipalloc-range a network in CIDR form, as 10.32.0.0/12' })
}
