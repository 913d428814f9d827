import {
  type IpAddress,
  type IpNetwork,
  type IpOnNetwork,
  parseIpAddress,
  parseIpNetwork,
  parseIpOnNetwork,
} from '../../base/ip-address.ts'
import { CNI_CODES, CniError } from './cni-error.ts'

/** Versions of the CNI specification that are spoken, the newest last. */
export const CNI_VERSIONS = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const

export interface CniRoute {
  readonly dst: IpNetwork
  readonly gw: IpAddress | undefined
}

/** One call of a runtime: its environment and the configuration on standard input (CNI specification 1.1, sections 2 and 4). */
export interface CniCall {
  readonly command: string
  readonly containerId: string
  /** A file that is a network namespace; '' when the runtime names none. */
  readonly namespace: string
  readonly device: string
  readonly path: readonly string[]
  readonly version: string
  readonly network: string
  readonly bridge: string | undefined
  readonly hairpin: boolean
  readonly ipamType: string
  readonly subnet: IpNetwork | undefined
  readonly gateway: IpAddress | undefined
  /** Undefined: the default route. */
  readonly routes: readonly CniRoute[] | undefined
  readonly wishedAddresses: readonly IpOnNetwork[]
  readonly previousAddresses: readonly IpOnNetwork[]
  /** Of GC: what is still in use. */
  readonly validAttachments: readonly { readonly containerID: string; readonly ifname: string }[]
  readonly dns: object | undefined
  /** As it came, for a plugin that is called from here. */
  readonly text: string
}

export type CniEnvironment = Readonly<Record<string, string | undefined>>

interface RawConfig {
  readonly cniVersion?: string
  readonly name?: string
  readonly bridge?: string
  readonly hairpinMode?: boolean
  readonly isGateway?: boolean
  readonly ipMasq?: boolean
  readonly dns?: object
  readonly ipam?: {
    readonly type?: string
    readonly subnet?: string
    readonly gateway?: string
    readonly routes?: readonly { readonly dst?: string; readonly gw?: string }[]
  }
  readonly runtimeConfig?: { readonly ips?: readonly string[] }
  readonly prevResult?: { readonly ips?: readonly { readonly address?: string }[] }
  readonly 'cni.dev/valid-attachments'?: readonly { readonly containerID: string; readonly ifname: string }[]
}

export function parseCall(environment: CniEnvironment, text: string): CniCall {
  const config = parseConfig(text)
  const version = config.cniVersion ?? '0.3.0'
  const command = environment.CNI_COMMAND ?? ''
  if (command !== 'VERSION' && !(CNI_VERSIONS as readonly string[]).includes(version)) {
    throw new CniError(CNI_CODES.incompatibleVersion, `CNI version ${version} is not spoken`, CNI_VERSIONS.join(', '))
  }
  if (config.isGateway === true || config.ipMasq === true) {
    throw new CniError(
      CNI_CODES.invalidConfig,
      'isGateway and ipMasq are not supported',
      'use `weave expose` on the host',
    )
  }
  const { ipam } = config
  return {
    command,
    containerId: environment.CNI_CONTAINERID ?? '',
    namespace: environment.CNI_NETNS ?? '',
    device: environment.CNI_IFNAME ?? '',
    path: (environment.CNI_PATH ?? '').split(':').filter(folder => folder !== ''),
    version,
    network: config.name ?? '',
    bridge: config.bridge,
    hairpin: config.hairpinMode ?? false,
    ipamType: ipam?.type ?? '',
    subnet: ipam?.subnet === undefined ? undefined : parsed(parseIpNetwork(ipam.subnet)),
    gateway: ipam?.gateway === undefined ? undefined : parsed(parseIpAddress(ipam.gateway)),
    routes: ipam?.routes?.map(({ dst = '', gw }) => ({
      dst: parsed(parseIpNetwork(dst)),
      gw: gw === undefined ? undefined : parsed(parseIpAddress(gw)),
    })),
    wishedAddresses: [...(config.runtimeConfig?.ips ?? []), ...ipArgument(environment)].map(one =>
      parsed(parseIpOnNetwork(one)),
    ),
    previousAddresses: (config.prevResult?.ips ?? []).map(({ address = '' }) => parsed(parseIpOnNetwork(address))),
    validAttachments: config['cni.dev/valid-attachments'] ?? [],
    dns: config.dns,
    text,
  }
}

/** What each command but VERSION, STATUS and GC must be told. */
export function requireContainer(call: CniCall): void {
  const missing = call.containerId === '' ? 'CNI_CONTAINERID' : call.device === '' ? 'CNI_IFNAME' : undefined
  const needsNamespace = call.command !== 'DEL' && call.namespace === ''
  if (missing === undefined && !needsNamespace) return
  throw new CniError(CNI_CODES.invalidEnvironment, `${missing ?? 'CNI_NETNS'} is not set`)
}

function parseConfig(text: string): RawConfig {
  try {
    const config: unknown = JSON.parse(text.trim() === '' ? '{}' : text)
    if (typeof config === 'object' && config !== null) return config as RawConfig
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  throw new CniError(CNI_CODES.decodeFailure, 'the configuration is no JSON object')
}

/** `CNI_ARGS=IP=10.2.1.5/24;K8S_POD_NAME=…`. */
function ipArgument(environment: CniEnvironment): readonly string[] {
  return (environment.CNI_ARGS ?? '').split(';').flatMap(pair => (pair.startsWith('IP=') ? pair.slice(3) : []))
}

function parsed<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string },
): T {
  if (result.ok) return result.value
  throw new CniError(CNI_CODES.invalidConfig, result.error)
}
