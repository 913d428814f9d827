import type { Result } from '../../base/result.ts'
import { parseJson, ShapeReader } from '../../contract/json-shape.ts'
import { INIT_SYSTEMS, type InitSystem, NETWORK_TOOLS, type NetworkTool } from './inventory.ts'

export const FACT_PATHS = {
  dockerDefaults: '/etc/default/docker',
  daemonJson: '/etc/docker/daemon.json',
  interfaces: '/etc/network/interfaces',
} as const

export type FactPath = (typeof FACT_PATHS)[keyof typeof FACT_PATHS]

/** What a host says of itself before anything is changed on it. */
export interface HostFacts {
  /** Raw Ed25519 public key in base64; null until the host has an identity. */
  readonly publicKey: string | null
  readonly initSystem: InitSystem
  readonly networkTool: NetworkTool
  readonly dockerPackage: string
  /** False where the unit of Docker does not read DOCKER_OPTS, as that of docker-ce. */
  readonly dockerUnitReadsDefaults: boolean
  /** IPv4 addresses of its interfaces, in their order; not those of the overlay. */
  readonly addresses: readonly HostAddress[]
  /** Content of the files that we share with others; null when there is none. */
  readonly files: Readonly<Record<FactPath, string | null>>
  readonly bridge: BridgeFacts
  /** What Docker was told by us; nothing where no run of ours has been. */
  readonly dockerMemory: DockerMemory
  /** Undefined on a host that is set up for no cluster. */
  readonly membership?: Membership | undefined
}

/** The cluster that a host was set up for, whoever has done so. */
export interface Membership {
  readonly clusterId: string
  /** Zero where the host does not tell. */
  readonly shortId: number
  /** Of the newest manifest of that cluster that it has. */
  readonly manifestVersion: number
}

/** The bridge as it is on the host, whoever has made it. */
export interface BridgeFacts {
  /** An earlier run of ours has set it up. */
  readonly isOurs: boolean
  /** With their prefix lengths. */
  readonly addresses: readonly string[]
  /** Files of ifupdown's folder that mention it. */
  readonly stanzas: readonly { readonly path: string; readonly text: string }[]
}

export interface DockerMemory {
  /** In the form of daemon.json. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Docker's files as they were before us; null when there was none. */
  readonly originals: Readonly<Record<DockerFactPath, string | null>>
}

export type DockerFactPath = (typeof FACT_PATHS)['dockerDefaults' | 'daemonJson']

export interface HostAddress {
  readonly interface: string
  readonly address: string
}

export type FactsByHost = Readonly<Record<string, HostFacts>>

/** Public keys end in 1 of 16 letters: 32 bytes leave two bits of the last one unused. */
const PUBLIC_KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/

export function parseFacts(text: string): Result<FactsByHost> {
  const json = parseJson(text)
  if (!json.ok) return json
  const root = new ShapeReader(json.value)
  const facts: Record<string, HostFacts> = {}
  const isObject = typeof json.value === 'object' && json.value !== null && !Array.isArray(json.value)
  for (const host of isObject ? Object.keys(json.value as object) : []) facts[host] = readFacts(root.object(host), host)
  return root.result(facts)
}

export function readFacts(shape: ShapeReader, host: string): HostFacts {
  const oneOf = <T extends string>(name: string, choices: readonly T[]): T => {
    const value = shape.text(name)
    const isKnown = choices.some(known => known === value)
    shape.check(isKnown, `${host}.${name} '${value}' is not one of ${choices.join(', ')}`)
    return value as T
  }
  const publicKey = shape.optionalText('publicKey')
  shape.check(publicKey === null || PUBLIC_KEY.test(publicKey), `${host}.publicKey is not 32 bytes in base64`)
  const files = shape.object('files')
  return {
    publicKey,
    initSystem: oneOf('initSystem', INIT_SYSTEMS),
    networkTool: oneOf('networkTool', NETWORK_TOOLS),
    dockerPackage: shape.text('dockerPackage'),
    dockerUnitReadsDefaults: shape.flag('dockerUnitReadsDefaults'),
    addresses: shape.list('addresses', item => ({ interface: item.text('interface'), address: item.text('address') })),
    files: {
      [FACT_PATHS.dockerDefaults]: files.optionalText(FACT_PATHS.dockerDefaults),
      [FACT_PATHS.daemonJson]: files.optionalText(FACT_PATHS.daemonJson),
      [FACT_PATHS.interfaces]: files.optionalText(FACT_PATHS.interfaces),
    },
    bridge: readBridge(shape.optionalObject('bridge')),
    dockerMemory: readMemory(shape),
    membership: readMembership(shape.optionalObject('membership')),
  }
}

function readMembership(shape: ShapeReader | undefined): Membership | undefined {
  if (shape === undefined) return undefined
  return {
    clusterId: shape.text('clusterId'),
    shortId: shape.integer('shortId', 0, 4095),
    manifestVersion: shape.integer('manifestVersion', 0, Number.MAX_SAFE_INTEGER),
  }
}

function readBridge(shape: ShapeReader | undefined): BridgeFacts {
  if (shape === undefined) return { isOurs: false, addresses: [], stanzas: [] }
  return {
    isOurs: shape.flag('isOurs'),
    addresses: shape.texts('addresses'),
    stanzas: shape.list('stanzas', item => ({ path: item.text('path'), text: item.text('text') })),
  }
}

function readMemory(shape: ShapeReader): DockerMemory {
  const memory = shape.optionalObject('dockerMemory')
  const originals = memory?.optionalObject('originals')
  return {
    settings: memory?.values('settings') ?? {},
    originals: {
      [FACT_PATHS.dockerDefaults]: originals?.optionalText(FACT_PATHS.dockerDefaults) ?? null,
      [FACT_PATHS.daemonJson]: originals?.optionalText(FACT_PATHS.daemonJson) ?? null,
    },
  }
}
