import { assertNever } from '../../base/assert.ts'
import { formatIpv4, ipv4FromNumber, parseIpv4 } from '../../base/ipv4.ts'
import { BRIDGE_NAME } from '../plan/docker-method.ts'
import { FACT_PATHS, type HostFacts } from '../plan/host-facts.ts'
import type { NetworkTool } from '../plan/inventory.ts'
import { chooseInterfaces } from './interfaces.ts'
import type { TemplateValues } from './templates.ts'

/** Where each tool looks for the bridge. Templates have the same paths. */
export const BRIDGE_PATHS = {
  ifupdown: ['/etc/network/interfaces.d/weave'],
  netplan: ['/etc/netplan/60-weave.yaml'],
  networkd: [
    '/etc/systemd/network/05-weave-ports.network',
    '/etc/systemd/network/50-weave.netdev',
    '/etc/systemd/network/50-weave.network',
  ],
  'network-manager': [
    '/etc/NetworkManager/conf.d/50-weave.conf',
    '/etc/NetworkManager/system-connections/weave.nmconnection',
  ],
} as const satisfies Readonly<Record<NetworkTool, readonly string[]>>

/** Both refuse, or complain of, files that others can read. */
const PRIVATE = /\.nmconnection$|^\/etc\/netplan\//

/** Where neither the inventory nor the host has said: that of a plain Debian. */
export const ASSUMED_NETWORK_TOOL: NetworkTool = 'ifupdown'

export interface BridgeFile {
  readonly path: string
  readonly mode: '0600' | '0644'
  /** Where the text is not that of a template, or of one of another path. */
  readonly source: { readonly template: string } | { readonly text: string }
}

/** The files that make the bridge and give it its address, at once and at every boot. */
export function bridgeFilesOf(tool: NetworkTool, facts: HostFacts | undefined): readonly BridgeFile[] {
  if (tool !== 'ifupdown') {
    return BRIDGE_PATHS[tool].map(path => ({
      path,
      mode: PRIVATE.test(path) ? '0600' : '0644',
      source: { template: path },
    }))
  }
  const present = facts?.bridge.stanzas.map(({ path }) => path)
  const { stanzaPath, interfaces } = chooseInterfaces(facts?.files[FACT_PATHS.interfaces], present)
  const [template] = BRIDGE_PATHS.ifupdown
  return [
    { path: stanzaPath, mode: '0644', source: { template } },
    ...(interfaces === undefined
      ? []
      : [{ path: FACT_PATHS.interfaces, mode: '0644' as const, source: { text: interfaces } }]),
  ]
}

export function bridgeValues(tool: NetworkTool, bridgeAddress: string): TemplateValues {
  const hexadecimal = hexadecimalOf(bridgeAddress)
  return {
    bridgeMac: `02:57:${hexadecimal.match(/../g)?.join(':') ?? ''}`,
    connectionId: `0257${hexadecimal}`,
    raiseBridge: raiseCommand(tool, BRIDGE_NAME),
    // ifupdown has done its work when it returns.
    bridgeWaitSeconds: tool === 'ifupdown' ? 0 : 15,
  }
}

/** What an operator types when the bridge is down, or without its address. */
export function raiseCommand(tool: NetworkTool, bridge: string): string {
  switch (tool) {
    case 'ifupdown':
      return `ifup --force ${bridge}`
    case 'netplan':
      return 'netplan generate && networkctl reload'
    case 'networkd':
      return 'networkctl reload'
    case 'network-manager':
      return `nmcli connection up ${bridge}`
    default:
      return assertNever(tool)
  }
}

/** Unique in the overlay as the address is, and administered locally: the bridge keeps it whatever ports come and go. */
function hexadecimalOf(bridgeAddress: string): string {
  const parsed = parseIpv4(bridgeAddress.split('/')[0] ?? '')
  const address = parsed.ok ? parsed.value : ipv4FromNumber(0)
  return formatIpv4(address)
    .split('.')
    .map(byte => Number(byte).toString(16).padStart(2, '0'))
    .join('')
}
