import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { ANY_ADDRESS, ANY_IPV4_ADDRESS, isIpv6Text } from '../../base/endpoint.ts'
import { UserError } from '../../base/user-error.ts'
import { ADVERTISED_MAX, type AgentConfig } from '../../contract/agent-config.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import { shortIdOf } from '../../core/router/index.ts'
import type { AgentPaths } from './agent-paths.ts'
import { loadFeatures } from './feature-settings.ts'
import { type HostState, loadConfigIfThere, loadHostState } from './host-state.ts'
import { ensureIdentity, type Identity } from './identity.ts'
import { isAdvertisable, type LaunchRecord, loadLaunch } from './launch-record.ts'
import { peerNameOfIdentity } from './peer-name.ts'
import { loadServices } from './service-settings.ts'
import { StateStore } from './state-store.ts'

const DEFAULT_BRIDGE = 'weave'
export const DEFAULT_MTU = 1376
/** Of the overlay, where nobody said otherwise (Weave row FLAG-12). */
const DEFAULT_SUBNET = '10.32.0.0/12'
const DEFAULT_PLACE = { name: DEFAULT_BRIDGE, address: '', mtu: DEFAULT_MTU }
const NOT_THE_UNDERLAY = /^(weave|docker|br-|veth|virbr|cni|lo)/

/** A host that the provisioner set up, or one that was launched by hand. */
export type Host =
  | ({ readonly kind: 'certified' } & HostState)
  | {
      readonly kind: 'open'
      readonly config: AgentConfig
      readonly identity: Identity
      readonly launch: LaunchRecord
    }

/** What the provisioner put there counts; without it, how the host was launched. */
export function loadHost(paths: AgentPaths): Host {
  if (isProvisioned(paths)) return { kind: 'certified', ...loadHostState(paths) }
  const launch = loadLaunch(paths.launch)
  if (launch === undefined) {
    throw new UserError({
      cause: `${paths.agentConfig} is missing, and this host was never launched by hand`,
      remedy: 'run `weave-provision up` on the control machine, or `weave launch --password-file FILE [PEER...]` here',
    })
  }
  const identity = ensureIdentity(paths.identityKey)
  return { kind: 'open', config: describeHost(paths, launch, identity), identity, launch }
}

export function isProvisioned(paths: AgentPaths): boolean {
  return existsSync(paths.agentConfig)
}

function describeHost(paths: AgentPaths, launch: LaunchRecord, identity: Identity): AgentConfig {
  const { nickname, listen, discovery, advertise } = launch
  return {
    format: 1,
    clusterId: '',
    clusterKey: '',
    host: nickname,
    nickname,
    shortId: new StateStore(paths).shortId() ?? shortIdOf(peerNameOfIdentity(identity)),
    bridge: openBridge(paths),
    containerRange: '',
    subnet: openSubnet(paths),
    listen,
    advertise: [...new Set([...advertise, ...advertisedAt(listen.ip, paths)])].slice(0, ADVERTISED_MAX),
    targets: [],
    discovery,
    ...(launch.trustedSubnets.length === 0 ? {} : { trustedSubnets: launch.trustedSubnets }),
  }
}

/** Bridge and overlay of this host, which commands ask for without a router; of a host that was never launched, those it would have. */
export function placeOf(paths: AgentPaths): Pick<AgentConfig, 'bridge' | 'subnet' | 'listen'> {
  const listen = loadLaunch(paths.launch)?.listen ?? { ip: ANY_ADDRESS, port: CONTROL_PORT }
  return loadConfigIfThere(paths.agentConfig) ?? { bridge: openBridge(paths), subnet: openSubnet(paths), listen }
}

function openBridge(paths: AgentPaths): AgentConfig['bridge'] {
  const { mtu = DEFAULT_PLACE.mtu, weaveBridge = DEFAULT_PLACE.name } = loadFeatures(paths.features)
  return { ...DEFAULT_PLACE, name: weaveBridge, mtu }
}

function openSubnet(paths: AgentPaths): string {
  const ranges = (loadServices(paths.services).range ?? '').split(',')
  return ranges.find(range => range !== '' && !range.includes(':')) ?? DEFAULT_SUBNET
}

/** What others may reach this host at, as far as it knows itself. */
function advertisedAt(listenIp: string, paths: AgentPaths): readonly string[] {
  const { weaveBridge, dockerBridge } = loadFeatures(paths.features)
  const addresses = underlayAddresses([weaveBridge, dockerBridge])
  if (listenIp === ANY_ADDRESS) return addresses
  return listenIp === ANY_IPV4_ADDRESS ? addresses.filter(ip => !isIpv6Text(ip)) : [listenIp]
}

/** Those of IPv4 first: it is they that the fast path takes. */
function underlayAddresses(bridges: readonly (string | undefined)[]): readonly string[] {
  const isUnderlay = (device: string) => !NOT_THE_UNDERLAY.test(device) && !bridges.includes(device)
  const devices = Object.entries(networkInterfaces()).filter(([device]) => isUnderlay(device))
  const addresses = devices.flatMap(([, entries]) => (entries ?? []).filter(({ internal }) => !internal))
  const usable = addresses.map(({ address }) => address).filter(isAdvertisable)
  return [...usable.filter(ip => !isIpv6Text(ip)), ...usable.filter(isIpv6Text)]
}
