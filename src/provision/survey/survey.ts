import type { Result } from '../../base/result.ts'
import type { Problem } from '../../base/user-error.ts'
import { ShapeReader } from '../../contract/json-shape.ts'
import { type HostFacts, readFacts } from '../plan/host-facts.ts'

/** What one host is like, as the module `weave_probe` tells it before anything is changed. Nothing secret is in it. */
export interface HostSurvey {
  readonly facts: HostFacts
  /** What makes it impossible to go on. */
  readonly problems: readonly Problem[]
  readonly needsAgent: boolean
  readonly needsRuntime: boolean
  /** The host's clock less that of the control machine; it holds the time that the answer took. */
  readonly clockOffsetSeconds: number
  readonly files: Readonly<Record<string, SurveyedFile>>
  /** Digest of the release in use. */
  readonly release: string | null
  /** What a service needs for changes of an earlier run that was cut off. */
  readonly pending: Readonly<Record<string, string>>
  readonly bridge: { readonly isUp: boolean; readonly addresses: readonly string[] }
  readonly services: Readonly<Record<'weave' | 'docker', SurveyedService>>
  /** Null where there is no Docker. */
  readonly docker: SurveyedDocker | null
  /** Hosts that the router does not reach; null when it does not run or does not tell. */
  readonly unreached: readonly string[] | null
  readonly system: SurveyedSystem
  /** Ports of the kernel's fast path that a process holds. */
  readonly busyPorts: readonly { readonly port: number; readonly holder: string }[]
}

export interface SurveyedFile {
  /** SHA-256 in hexadecimal. */
  readonly digest: string
  readonly mode: string
  /** An earlier run of ours has put it there. */
  readonly isOurs: boolean
  /** Only of files that were asked for. */
  readonly text: string | null
}

export interface SurveyedService {
  readonly isActive: boolean
  readonly isEnabled: boolean
}

export interface SurveyedDocker {
  readonly isAnswering: boolean
  /** Why it does not answer. */
  readonly error: string
  readonly version: string
  readonly liveRestore: boolean
  /** Of the network `bridge`. */
  readonly network: { readonly bridge: string; readonly subnets: readonly string[]; readonly range: string } | null
  readonly containers: readonly SurveyedContainer[]
}

export interface SurveyedContainer {
  readonly name: string
  /** Docker starts it again after a restart. */
  readonly comesBack: boolean
}

export interface SurveyedSystem {
  readonly kernel: string
  readonly interfaces: readonly { readonly name: string; readonly mtu: number; readonly addresses: readonly string[] }[]
  readonly missingTools: readonly string[]
  readonly missingFeatures: readonly string[]
  /** What manages rules on it: ufw, firewalld. */
  readonly firewalls: readonly string[]
}

/** Reads an answer that came at `at` (seconds since 1970, by the control machine's clock). */
export function parseSurvey(value: unknown, at: number): Result<HostSurvey> {
  const shape = new ShapeReader(value)
  const services = shape.object('services')
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const system = shape.object('system')
  const time = typeof fields.time === 'number' ? fields.time : at
  return shape.result({
    facts: readFacts(shape.object('facts'), 'facts'),
    problems: shape.list('problems', item => ({ cause: item.text('cause'), remedy: item.text('remedy') })),
    needsAgent: shape.flag('needsAgent'),
    needsRuntime: shape.flag('needsRuntime'),
    clockOffsetSeconds: time - at,
    files: readFiles(shape.object('files'), fields.files),
    release: shape.optionalText('release'),
    pending: textsOf(fields.pending),
    bridge: { isUp: shape.object('bridge').flag('isUp'), addresses: shape.object('bridge').texts('addresses') },
    services: { weave: readService(services.object('weave')), docker: readService(services.object('docker')) },
    docker: fields.docker === null ? null : readSurveyedDocker(shape.object('docker'), fields.docker),
    unreached: fields.unreached === null ? null : shape.texts('unreached'),
    system: {
      kernel: system.text('kernel'),
      interfaces: system.list('interfaces', item => ({
        name: item.text('name'),
        mtu: item.integer('mtu', 0, 2 ** 31),
        addresses: item.texts('addresses'),
      })),
      missingTools: system.texts('missingTools'),
      missingFeatures: system.texts('missingFeatures'),
      firewalls: system.texts('firewalls'),
    },
    busyPorts: shape.list('busyPorts', item => ({ port: item.integer('port', 1, 65535), holder: item.text('holder') })),
  })
}

function readFiles(shape: ShapeReader, value: unknown): HostSurvey['files'] {
  const paths = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const read = (file: ShapeReader): SurveyedFile => ({
    digest: file.text('digest'),
    mode: file.text('mode'),
    isOurs: file.flag('isOurs'),
    text: file.optionalText('text'),
  })
  return Object.fromEntries(paths.map(path => [path, read(shape.object(path))]))
}

function readService(shape: ShapeReader): SurveyedService {
  return { isActive: shape.flag('isActive'), isEnabled: shape.flag('isEnabled') }
}

export function readSurveyedDocker(shape: ShapeReader, value: unknown): SurveyedDocker {
  const { network } = (value ?? {}) as { network?: unknown }
  const bridge = network === null || network === undefined ? null : shape.object('network')
  return {
    isAnswering: shape.flag('isAnswering'),
    error: shape.text('error'),
    version: shape.text('version'),
    liveRestore: shape.flag('liveRestore'),
    network:
      bridge === null
        ? null
        : { bridge: bridge.text('bridge'), subnets: bridge.texts('subnets'), range: bridge.text('range') },
    containers: shape.list('containers', item => ({ name: item.text('name'), comesBack: item.flag('comesBack') })),
  }
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
