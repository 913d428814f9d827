import type { ShapeReader } from '../../contract/json-shape.ts'
import { NETWORK_TOOLS, type NetworkTool } from '../plan/inventory.ts'
import { readSurveyedDocker, type SurveyedDocker } from '../survey/survey.ts'

/** The host beneath the router: what can stand in the overlay's way. */
export interface WholeHost {
  readonly bridge: {
    readonly exists: boolean
    readonly addresses: readonly string[]
    readonly mtu: number
    readonly ports: readonly string[]
    /** What brings interfaces up has a file of it, and reads that. */
    readonly isKnown: boolean
  }
  readonly networkTool: NetworkTool
  readonly listens: { readonly tcp: boolean; readonly udp: boolean }
  readonly docker: SurveyedDocker | null
  readonly containers: readonly { readonly name: string; readonly address: string }[]
  /** How Docker's daemon was called. */
  readonly dockerCommand: string
  /** Networks of others in the overlay's subnet, with their devices. */
  readonly overlaps: readonly string[]
  /** Rules as `iptables -S` and `ip6tables -S` print them, by program. */
  readonly firewall: Readonly<Record<string, string>>
  /** As `nft list ruleset` prints it. */
  readonly nft: string
  /** By path under /proc/sys; -1 for none. */
  readonly switches: Readonly<Record<string, number>>
  readonly secretModes: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
  /** Names in /etc/network/interfaces.d. */
  readonly interfaceFiles: readonly string[]
  readonly config: ExaminedConfig | null
  /** Process ids. */
  readonly passwordInArgv: readonly string[]
  readonly reaches: readonly Reach[]
}

/** What the host was told by the provisioner. */
export interface ExaminedConfig {
  readonly shortId: number
  readonly subnet: string
  readonly containerRange: string
  readonly clusterId: string
  /** Of the bridge. */
  readonly mtu: number
}

/** How far another host's underlay address can be reached from here. */
export interface Reach {
  readonly host: string
  readonly address: string
  readonly port: number
  readonly tcp: string
  /** To a small ping. */
  readonly answers: boolean
  /** The largest packet that came back, in bytes, of those that the overlay needs. */
  readonly carries: number
}

const PORT_MAX = 65535

export function readExaminedHost(shape: ShapeReader, fields: Readonly<Record<string, unknown>>): WholeHost {
  const bridge = shape.object('bridge')
  const listens = shape.object('listens')
  return {
    bridge: {
      exists: bridge.flag('exists'),
      addresses: bridge.texts('addresses'),
      mtu: bridge.integer('mtu', 0, 2 ** 31),
      ports: bridge.texts('ports'),
      isKnown: bridge.flag('isKnown'),
    },
    networkTool: NETWORK_TOOLS.find(tool => tool === fields.networkTool) ?? 'ifupdown',
    listens: { tcp: listens.flag('tcp'), udp: listens.flag('udp') },
    docker: fields.docker === null ? null : readSurveyedDocker(shape.object('docker'), fields.docker),
    containers: shape.list('containers', item => ({ name: item.text('name'), address: item.text('address') })),
    dockerCommand: shape.text('dockerCommand'),
    overlaps: shape.texts('overlaps'),
    firewall: textsIn(fields.firewall),
    nft: shape.text('nft'),
    switches: numbersIn(fields.switches),
    secretModes: textsIn(fields.secretModes),
    files: textsIn(fields.files),
    interfaceFiles: shape.texts('interfaceFiles'),
    config: fields.config === null ? null : readConfig(shape.object('config')),
    passwordInArgv: shape.texts('passwordInArgv'),
    reaches: shape.list('reaches', item => ({
      host: item.text('host'),
      address: item.text('address'),
      port: item.integer('port', 1, PORT_MAX),
      tcp: item.text('tcp'),
      answers: item.flag('answers'),
      carries: item.integer('carries', 0, PORT_MAX),
    })),
  }
}

function readConfig(shape: ShapeReader): ExaminedConfig {
  return {
    shortId: shape.integer('shortId', 0, 4095),
    subnet: shape.text('subnet'),
    containerRange: shape.text('containerRange'),
    clusterId: shape.text('clusterId'),
    mtu: shape.object('bridge').integer('mtu', 0, 2 ** 31),
  }
}

function textsIn(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(entriesOf(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function numbersIn(value: unknown): Readonly<Record<string, number>> {
  return Object.fromEntries(entriesOf(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}
