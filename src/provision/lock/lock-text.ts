import { dump, load } from 'js-yaml'
import { ok, type Result, refused } from '../../base/result.ts'
import { ShapeReader } from '../../contract/json-shape.ts'
import type { Lock, LockedHost, RemovedHost } from '../plan/lock.ts'
import { compareNames } from '../plan/numbering.ts'

const HEADER = `# Written by weave-provision; commit it with the inventory.
# A host keeps its number, and so its addresses, for life: without this file the next run would number all hosts anew.
`

/** The same lock is the same text, whatever order its hosts came in. */
export function formatLock(lock: Lock): string {
  const hosts = [...lock.hosts].sort((a, b) => compareNames(a.name, b.name))
  const formatHost = ({ index, publicKey, underlay }: LockedHost) => ({
    index,
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(underlay === undefined ? {} : { underlay }),
  })
  const document = {
    format: lock.format,
    ...(lock.cluster === undefined ? {} : { cluster: lock.cluster }),
    ...(lock.network === undefined ? {} : { network: lock.network }),
    ...((lock.addedRanges ?? []).length === 0 ? {} : { addedRanges: lock.addedRanges }),
    manifest: lock.manifest,
    hosts: Object.fromEntries(hosts.map(host => [host.name, formatHost(host)])),
    tombstones: lock.tombstones.map(({ name, index }) => ({ name, index })),
    ...((lock.removed ?? []).length === 0 ? {} : { removed: (lock.removed ?? []).map(formatRemoved) }),
  }
  return HEADER + dump(document, { lineWidth: 120 })
}

export function parseLock(text: string): Result<Lock> {
  let document: unknown
  try {
    document = load(text)
  } catch (cause) {
    return refused(`not YAML: ${(cause as Error).message.split('\n')[0]}`)
  }
  const shape = new ShapeReader(document)
  const fields = (typeof document === 'object' && document !== null ? document : {}) as Record<string, unknown>
  const lock: Lock = {
    format: shape.integer('format', 1, 1) as 1,
    cluster: fields.cluster === undefined ? undefined : readCluster(shape.object('cluster')),
    network: fields.network === undefined ? undefined : readNetwork(shape.object('network')),
    ...(fields.addedRanges === undefined ? {} : { addedRanges: shape.texts('addedRanges') }),
    manifest: readManifest(shape.object('manifest')),
    hosts: readHosts(shape.object('hosts'), fields.hosts),
    tombstones: shape.list('tombstones', item => ({ name: item.text('name'), index: item.integer('index', 1, 4095) })),
    ...(fields.removed === undefined ? {} : { removed: readRemoved(shape, fields.removed) }),
  }
  const indexes = lock.hosts.map(host => host.index)
  shape.check(new Set(indexes).size === indexes.length, 'hosts: two hosts have the same index')
  const result = shape.result(lock)
  return result.ok ? ok(lock) : result
}

function formatRemoved({ name, revokedKey, isBack }: RemovedHost) {
  return { name, ...(revokedKey === undefined ? {} : { revokedKey }), ...(isBack === true ? { isBack } : {}) }
}

function readRemoved(shape: ShapeReader, value: unknown): readonly RemovedHost[] {
  const items = Array.isArray(value) ? (value as readonly { readonly isBack?: unknown }[]) : []
  return shape
    .list('removed', item => ({ name: item.text('name'), revokedKey: item.optionalText('revokedKey') ?? undefined }))
    .map((removed, i) => (items[i]?.isBack === true ? { ...removed, isBack: true } : removed))
}

function readCluster(shape: ShapeReader) {
  return { id: shape.text('id'), publicKey: shape.text('publicKey') }
}

function readNetwork(shape: ShapeReader) {
  return { subnet: shape.text('subnet'), containerPrefix: shape.integer('containerPrefix', 1, 30) }
}

function readManifest(shape: ShapeReader) {
  return { version: shape.integer('version', 0, Number.MAX_SAFE_INTEGER), digest: shape.text('digest') }
}

function readHosts(shape: ShapeReader, value: unknown): readonly LockedHost[] {
  const names = typeof value === 'object' && value !== null ? Object.keys(value) : []
  return names.map(name => {
    const host = shape.object(name)
    const underlay = isChosen(value, name) ? { underlay: host.texts('underlay') } : {}
    const publicKey = host.optionalText('publicKey') ?? undefined
    return { name, index: host.integer('index', 1, 4095), publicKey, ...underlay }
  })
}

function isChosen(hosts: unknown, name: string): boolean {
  const host = (hosts as Readonly<Record<string, unknown>>)[name]
  return typeof host === 'object' && host !== null && 'underlay' in host
}
