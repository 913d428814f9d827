import type { DockerMethod, InitSystem, NetworkTool } from '../plan/inventory.ts'

export type Part = 'bridge' | 'router' | 'docker'

export interface RenderedFile {
  readonly path: string
  readonly mode: '0600' | '0644' | '0755'
  readonly part: Part
  readonly isSecret: boolean
  /** Set when only hosts with this init system need the file. */
  readonly initSystem: InitSystem | undefined
  readonly content: string
}

export interface RenderedHost {
  readonly host: string
  readonly index: number
  /** Undefined when it is unknown: then the files of all three are there. */
  readonly initSystem: InitSystem | undefined
  readonly networkTool: NetworkTool
  readonly dockerMethod: DockerMethod
  readonly bridge: string
  readonly bridgeAddress: string
  readonly containerRange: string
  readonly mtu: number
  readonly port: number
  readonly underlayAddresses: readonly string[]
  readonly targets: readonly string[]
  /** Whether the host has a certificate, and so can join. */
  readonly isCertified: boolean
  /** What Docker is told, in the form of daemon.json: the host remembers it, for the day when some of it is wanted no longer. */
  readonly dockerSettings: Readonly<Record<string, unknown>>
  readonly files: readonly RenderedFile[]
}
