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
  const { universe, commons } = spaceOf(host, settings)
  if (universe.length === 0) return undefined
  const reserved = networksOf(settings.reserved)
  if (host.kind === 'certified') {
    return { universe, commons, initial: { kind: 'manifest' }, reserved, order: 'highest', stored }
  }
  const initial = parseInitial(settings.initial ?? 'consensus', peers + 1)
  return { universe, commons, initial, reserved, order: 'lowest', stored }
}

/** All addresses that are handed out, and the part of them that no manifest has given to anybody. */
function spaceOf(
  host: Pick<Host, 'kind' | 'config'>,
  settings: Pick<ServiceSettings, 'range'>,
): { readonly universe: readonly IpNetwork[]; readonly commons: readonly IpNetwork[] } {
  if (host.kind === 'certified') {
    const commons = networksOf(settings.range)
    return { universe: [...networksOf(host.config.subnet), ...commons], commons }
  }
  const commons = networksOf(settings.range ?? host.config.subnet)
  return { universe: commons, commons }
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

function networksOf(list = ''): readonly IpNetwork[] {
  const texts = list.split(',').filter(text => text !== '')
  return texts.map(text => {
    const network = parseIpNetwork(text)
    if (network.ok) return network.value
    const remedy = 'give --ipalloc-range networks in CIDR form, as 10.32.0.0/12,fd00:32::/64'
    throw new UserError({ cause: network.error, remedy })
  })
}
