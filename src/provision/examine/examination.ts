import type { Result } from '../../base/result.ts'
import { ShapeReader } from '../../contract/json-shape.ts'
import { readExaminedHost, type WholeHost } from './whole-host.ts'

/** How the overlay does on one host, as the module `weave_examine` tells it. Nothing secret is in it. */
export interface Examination {
  readonly isInstalled: boolean
  /** The host's clock less that of the control machine, in seconds; it holds the time that the answer took. */
  readonly clockOffsetSeconds: number
  /** Digest of the agent's release in use. */
  readonly release: string | null
  /** What a service needs for changes of a run that was cut off: `reload` or `restart`, by service. */
  readonly pending: Readonly<Record<string, string>>
  /** Files that a write has left half done. */
  readonly halfWritten: readonly string[]
  readonly services: Readonly<Record<'weave' | 'docker', ExaminedService>>
  /** Null when the router does not run, or runs and does not answer. */
  readonly router: ExaminedRouter | null
  /** Of the operator's lock, where this host keeps it. */
  readonly isLocked: boolean
  /** Only of a thorough look. */
  readonly whole: WholeHost | undefined
  readonly log: string
}

export interface ExaminedService {
  readonly isActive: boolean
  readonly isEnabled: boolean
}

export interface ExaminedRouter {
  readonly version: string
  readonly name: string
  readonly shortId: number
  readonly clusterId: string
  readonly manifestVersion: number
  readonly connections: readonly ExaminedConnection[]
  readonly peers: readonly ExaminedPeer[]
  /** Connections that were refused, by reason. */
  readonly refused: Readonly<Record<string, number>>
}

export interface ExaminedConnection {
  readonly direction: string
  readonly address: string
  readonly state: string
  readonly info: string
  readonly peer: string | null
  /** 0 to 1; null where nothing is measured. */
  readonly loss: number | null
}

export interface ExaminedPeer {
  readonly name: string
  readonly nickname: string
  readonly isSelf: boolean
  readonly isReachable: boolean
  readonly nextHop: string | null
  readonly path: { readonly kind: string; readonly reason: string } | null
  readonly twins: { readonly at: string; readonly andAt: string } | null
}

/** Reads an answer that came at `at` (seconds since 1970, by the control machine's clock). */
export function parseExamination(value: unknown, at: number): Result<Examination> {
  const shape = new ShapeReader(value)
  const fields = fieldsOf(value)
  const services = shape.object('services')
  const router =
    fields.router === null || fields.router === undefined ? null : readRouter(shape.object('router'), fields)
  return shape.result({
    isInstalled: shape.flag('isInstalled'),
    clockOffsetSeconds: (typeof fields.time === 'number' ? fields.time : at) - at,
    release: shape.optionalText('release'),
    pending: textsOf(fields.pending),
    halfWritten: shape.texts('halfWritten'),
    services: { weave: readService(services.object('weave')), docker: readService(services.object('docker')) },
    router,
    isLocked: fields.lock !== null && fields.lock !== undefined,
    whole: fields.bridge === undefined ? undefined : readExaminedHost(shape, fields),
    log: shape.optionalText('log') ?? '',
  })
}

function readService(shape: ShapeReader): ExaminedService {
  return { isActive: shape.flag('isActive'), isEnabled: shape.flag('isEnabled') }
}

function readRouter(shape: ShapeReader, whole: Fields): ExaminedRouter {
  const router = shape.object('router')
  const fields = fieldsOf(fieldsOf(whole.router).router)
  const admission = fieldsOf(fieldsOf(whole.router).admission)
  const connections = Array.isArray(fields.connections) ? fields.connections.map(fieldsOf) : []
  const peers = Array.isArray(fields.peers) ? fields.peers.map(fieldsOf) : []
  return {
    version: shape.text('version'),
    name: router.text('name'),
    shortId: router.integer('shortId', 0, 4095),
    clusterId: router.text('clusterId'),
    manifestVersion: router.integer('manifestVersion', 0, Number.MAX_SAFE_INTEGER),
    connections: router
      .list(
        'connections',
        (item): ExaminedConnection => ({
          direction: item.text('direction'),
          address: endpointText(item.object('address')),
          state: item.text('state'),
          info: item.text('info'),
          peer: null,
          loss: null,
        }),
      )
      .map((one, i) => withMeasures(one, connections[i])),
    peers: router
      .list(
        'peers',
        (item): ExaminedPeer => ({
          name: item.text('name'),
          nickname: item.text('nickname'),
          isSelf: item.flag('isSelf'),
          isReachable: item.flag('isReachable'),
          nextHop: item.optionalText('nextHop'),
          path: null,
          twins: null,
        }),
      )
      .map((one, i) => withWay(one, peers[i])),
    refused: numbersOf(admission.refused),
  }
}

function withMeasures(connection: ExaminedConnection, fields: Fields | undefined): ExaminedConnection {
  const { nickname } = fieldsOf(fields?.peer)
  return {
    ...connection,
    peer: typeof nickname === 'string' ? nickname : null,
    loss: typeof fields?.loss === 'number' ? fields.loss : null,
  }
}

function withWay(peer: ExaminedPeer, fields: Fields | undefined): ExaminedPeer {
  const { kind, reason } = fieldsOf(fields?.path)
  const { at, andAt } = fieldsOf(fields?.twins)
  return {
    ...peer,
    path: typeof kind === 'string' ? { kind, reason: String(reason ?? '') } : null,
    twins: typeof at === 'string' ? { at, andAt: String(andAt ?? '') } : null,
  }
}

function endpointText(shape: ShapeReader): string {
  return `${shape.text('ip')}:${shape.integer('port', 0, 65535)}`
}

export type Fields = Readonly<Record<string, unknown>>

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

export function textsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(fieldsOf(value))
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

export function numbersOf(value: unknown): Readonly<Record<string, number>> {
  const entries = Object.entries(fieldsOf(value))
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
}
