import { parseCidr, parseInterfaceAddress } from '../base/cidr.ts'
import { parseEndpoint } from '../base/endpoint.ts'
import { canonicalIp, parseIpAddress, parseIpNetwork } from '../base/ip-address.ts'
import { isNickname } from '../base/nickname.ts'
import type { Result } from '../base/result.ts'
import { parseJson, ShapeReader } from './json-shape.ts'
import { CONTROL_PORT } from './ports.ts'

export const LINK_COST_MAX = 65_535
/** A router's record, which tells the others, has no room for more. */
export const ADVERTISED_MAX = 8

/** What the provisioner tells one host's agent. Written to `HOST_PATHS.agentConfig`; holds no secret. */
export interface AgentConfig {
  readonly format: 1
  readonly clusterId: string
  /** Raw Ed25519 public key of the cluster in base64: signs the manifest and the host certificates. */
  readonly clusterKey: string
  /** Name in the inventory. */
  readonly host: string
  /** Shown beside the peer name (FLAG-06). */
  readonly nickname: string
  /** The host's number for life, 1 to 4095; its short id on the wire. */
  readonly shortId: number
  readonly bridge: { readonly name: string; readonly address: string; readonly mtu: number }
  /** Addresses that Docker hands out on this host. */
  readonly containerRange: string
  readonly subnet: string
  readonly listen: { readonly ip: string; readonly port: number }
  /** Underlay addresses under which others may reach this host, the preferred one first. */
  readonly advertise: readonly string[]
  /** Peers to dial at start, `ip:port` or `[ip]:port` each. */
  readonly targets: readonly string[]
  readonly discovery: boolean
  /** Underlay networks over which frames may go in the clear, by the kernel's fast path (Weave's `--trusted-subnets`). */
  readonly trustedSubnets?: readonly string[]
  /** Over all other networks frames may take the kernel's fast path inside WireGuard. */
  readonly encryptedFastPath?: boolean
  /** What the links to hosts cost, by their names in the inventory, 1 to 65,535: counts in place of what is measured. */
  readonly linkCosts?: Readonly<Record<string, number>>
}

export function parseAgentConfig(text: string): Result<AgentConfig> {
  const json = parseJson(text)
  if (!json.ok) return json
  const shape = new ShapeReader(json.value)
  const bridge = shape.object('bridge')
  const listen = shape.object('listen')
  const config: AgentConfig = {
    format: shape.integer('format', 1, 1) as 1,
    clusterId: shape.text('clusterId'),
    clusterKey: shape.text('clusterKey'),
    host: shape.text('host'),
    nickname: shape.text('nickname'),
    shortId: shape.integer('shortId', 1, 4095),
    bridge: { name: bridge.text('name'), address: bridge.text('address'), mtu: bridge.integer('mtu', 576, 65535) },
    containerRange: shape.text('containerRange'),
    subnet: shape.text('subnet'),
    listen: { ip: listen.text('ip'), port: listen.integer('port', 1, 65535) },
    advertise: shape.texts('advertise').map(canonicalIp),
    targets: shape.texts('targets'),
    discovery: shape.flag('discovery'),
    ...trustedSubnets(shape.optionalTexts('trustedSubnets')),
    ...encryptedFastPath(shape.optionalFlag('encryptedFastPath')),
    ...linkCosts(shape.optionalIntegers('linkCosts', 1, LINK_COST_MAX)),
  }
  shape.check(isNickname(config.nickname), 'nickname must have 1 to 255 bytes and no control characters')
  checkAddresses(shape, config)
  return shape.result(config)
}

function trustedSubnets(subnets: readonly string[]): Pick<AgentConfig, 'trustedSubnets'> {
  return subnets.length === 0 ? {} : { trustedSubnets: subnets }
}

function encryptedFastPath(isWanted: boolean): Pick<AgentConfig, 'encryptedFastPath'> {
  return isWanted ? { encryptedFastPath: isWanted } : {}
}

function linkCosts(costs: Readonly<Record<string, number>>): Pick<AgentConfig, 'linkCosts'> {
  return Object.keys(costs).length === 0 ? {} : { linkCosts: costs }
}

function checkAddresses(shape: ShapeReader, config: AgentConfig): void {
  shape.check(parseInterfaceAddress(config.bridge.address).ok, 'bridge.address must be an address with a prefix length')
  shape.check(parseCidr(config.containerRange).ok, 'containerRange must be a network')
  shape.check(parseCidr(config.subnet).ok, 'subnet must be a network')
  for (const subnet of config.trustedSubnets ?? []) {
    shape.check(parseIpNetwork(subnet).ok, `trustedSubnets: '${subnet}' is not a network`)
  }
  shape.check(parseIpAddress(config.listen.ip).ok, 'listen.ip must be an IP address')
  shape.check(config.advertise.length <= ADVERTISED_MAX, `advertise has more than ${ADVERTISED_MAX} addresses`)
  for (const address of config.advertise) {
    shape.check(parseIpAddress(address).ok, `advertise: '${address}' is not an IP address`)
  }
  for (const target of config.targets) {
    shape.check(parseEndpoint(target, CONTROL_PORT).ok, `targets: '${target}' is not an address with an optional port`)
  }
}
