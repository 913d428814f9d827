import { networkOf, parseInterfaceAddress } from '../../base/cidr.ts'
import { isIpv6Text } from '../../base/endpoint.ts'
import { canonicalIp, parseIpAddress } from '../../base/ip-address.ts'
import { formatIpv4 } from '../../base/ipv4.ts'
import type { Problem } from '../../base/user-error.ts'
import { LINK_COST_MAX } from '../../contract/agent-config.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import {
  DOCKER_METHODS,
  INIT_SYSTEMS,
  type Inventory,
  type InventoryHost,
  NETWORK_TOOLS,
  type UnderlayChoice,
} from '../plan/inventory.ts'
import { HostVariables } from './host-variables.ts'
import { hasGroup, type Listing, membersOf } from './listing.ts'

export const DEFAULTS = { clusterName: 'weave', subnet: '10.2.0.0/16', containerPrefix: 24, mtu: 1376 } as const

/** Room for Ethernet, IP, UDP and the seal in an underlay of 1500 bytes is left by the default; WireGuard over IPv6 takes 130 bytes. */
const MTU_IN_TUNNELS_OVER_IPV6 = 1360
/** Below 576 IPv4 has no right to work. */
const MTU_MIN = 576
const MTU_MAX = 65535

export interface ParsedInventory {
  readonly inventory: Inventory
  /** The lab's own settings, when the inventory describes one. */
  readonly lab: Readonly<Record<string, unknown>> | undefined
  readonly problems: readonly Problem[]
}

/** Typed values out of Ansible's, with all that is wrong in them. */
export function parseInventory(listing: Listing): ParsedInventory {
  const all = membersOf(listing, 'all').map(name => new HostVariables(name, listing.hostVariables[name] ?? {}))
  const shared = new SharedVariables(all)
  const group = shared.value('weave_group', host => host.text('weave_group')) ?? groupByName(listing)
  const members = new Set(membersOf(listing, group))
  const hosts = all.filter(({ host }) => members.has(host))
  const ofCluster = new SharedVariables(hosts)
  const inventoryHosts = hosts.map(readHost)
  const wantsTunnels = ofCluster.value('weave_encrypted_fast_path', host => host.flag('weave_encrypted_fast_path'))
  const inventory: Inventory = {
    group,
    clusterName: ofCluster.value('weave_cluster_name', host => host.text('weave_cluster_name')) ?? DEFAULTS.clusterName,
    subnet: ofCluster.value('weave_subnet', subnetOf) ?? DEFAULTS.subnet,
    containerPrefix:
      ofCluster.value('weave_container_prefix', host => host.integer('weave_container_prefix', 1, 30)) ??
      DEFAULTS.containerPrefix,
    addedRanges: wordsOf(ofCluster.value('weave_added_ranges', host => networksOf(host, 'weave_added_ranges'))),
    mtu:
      ofCluster.value('weave_mtu', host => host.integer('weave_mtu', MTU_MIN, MTU_MAX)) ??
      defaultMtu(inventoryHosts, wantsTunnels === true),
    isEncrypted: ofCluster.value('weave_encryption', host => host.flag('weave_encryption')) ?? true,
    trustedSubnets: wordsOf(
      ofCluster.value('weave_trusted_subnets', host => networksOf(host, 'weave_trusted_subnets')),
    ),
    wantsTunnels,
    hosts: inventoryHosts,
  }
  const lab = all.map(host => host.dictionary('weave_lab')).find(settings => settings !== undefined)
  const problems = [...shared.problems, ...ofCluster.problems, ...hosts.flatMap(host => host.problems)]
  return { inventory, lab, problems: [...problems, ...emptyGroup(listing, inventory)] }
}

function defaultMtu(hosts: readonly InventoryHost[], wantsTunnels: boolean): number {
  const isIpv6 = hosts.some(({ underlayAddresses }) => underlayAddresses.some(isIpv6Text))
  return wantsTunnels && isIpv6 ? MTU_IN_TUNNELS_OVER_IPV6 : DEFAULTS.mtu
}

function groupByName(listing: Listing): string {
  return ['weave', 'weave_servers'].find(group => hasGroup(listing, group)) ?? 'all'
}

function emptyGroup(listing: Listing, inventory: Inventory): readonly Problem[] {
  if (inventory.hosts.length > 0) return []
  const { group } = inventory
  const cause = hasGroup(listing, group) ? `group '${group}' has no hosts` : `the inventory has no group '${group}'`
  return [{ cause, remedy: `put hosts into '${group}', or name another group with weave_group` }]
}

/** Variables of the cluster as a whole: every host must say the same. */
class SharedVariables {
  readonly problems: Problem[] = []
  readonly #hosts: readonly HostVariables[]

  constructor(hosts: readonly HostVariables[]) {
    this.#hosts = hosts
  }

  value<T extends string | number | boolean>(
    name: string,
    read: (host: HostVariables) => T | undefined,
  ): T | undefined {
    const givers = new Map<T, string>()
    for (const host of this.#hosts) {
      const value = read(host)
      if (value !== undefined && !givers.has(value)) givers.set(value, host.host)
    }
    const [first, second] = [...givers]
    if (first !== undefined && second !== undefined) {
      const cause = `hosts '${first[1]}' and '${second[1]}' disagree on ${name}: ${first[0]} and ${second[0]}`
      this.problems.push({ cause, remedy: `set ${name} once, in group_vars of the group` })
    }
    return first?.[0]
  }
}

/** One text, so that hosts can be compared. */
function networksOf(host: HostVariables, name: string): string | undefined {
  return host.texts(name)?.join(' ')
}

function wordsOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(' ').filter(word => word !== '')
}

/** Roles of the field gave each host its address and the network's width instead of the network. */
function subnetOf(host: HostVariables): string | undefined {
  const subnet = host.text('weave_subnet')
  const ip = host.text('weave_ip')
  const width = host.integer('weave_network_width', 1, 30)
  if (subnet !== undefined || ip === undefined || width === undefined) return subnet
  const address = parseInterfaceAddress(`${ip}/${width}`)
  return address.ok ? `${formatIpv4(networkOf(address.value.address, width))}/${width}` : undefined
}

function readHost(host: HostVariables): InventoryHost {
  const underlayChoice = underlayChoiceOf(host)
  return {
    name: host.host,
    index: host.integer('weave_index', 1, 4095),
    historic: { bridgeIp: host.text('weave_ip'), containerRange: host.text('weave_container_cidr') },
    underlayAddresses: underlayAddresses(host, underlayChoice !== undefined),
    ...(underlayChoice === undefined ? {} : { underlayChoice }),
    port: host.integer('weave_port', 1, 65535) ?? CONTROL_PORT,
    initSystem: host.choice('weave_init', INIT_SYSTEMS),
    networkTool: host.choice('weave_network_tool', NETWORK_TOOLS),
    dockerMethod: host.choice('weave_docker_method', DOCKER_METHODS),
    dockerOptions: host.dictionary('weave_docker_options') ?? {},
    peers: host.texts('weave_peers'),
    linkCosts: host.integers('weave_link_costs', 1, LINK_COST_MAX),
    hooks: { before: host.text('weave_hook_before'), after: host.text('weave_hook_after') },
  }
}

function underlayChoiceOf(host: HostVariables): UnderlayChoice | undefined {
  const interfaceName = host.text('weave_underlay_interface')
  const cidrs = host.texts('weave_underlay_cidr') ?? []
  return interfaceName === undefined && cidrs.length === 0 ? undefined : { cidrs, interfaceName }
}

/** Given ones first; what Ansible connects to serves when it is an address. Wrong ones are kept: the plan refuses them. */
function underlayAddresses(host: HostVariables, isChosen: boolean): readonly string[] {
  const preferred = host.text('weave_underlay_address')
  const given = [...(preferred === undefined ? [] : [preferred]), ...(host.texts('weave_underlay_addresses') ?? [])]
  if (given.length > 0 || isChosen) return [...new Set(given.map(canonicalIp))]
  return [host.text('ansible_host'), host.host]
    .filter((text): text is string => text !== undefined && parseIpAddress(text).ok)
    .slice(0, 1)
    .map(canonicalIp)
}
