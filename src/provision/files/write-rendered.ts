import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { RenderedFile, RenderedHost } from '../render/rendered-host.ts'

export interface RenderedCluster {
  readonly group: string
  readonly clusterId: string
  readonly clusterName: string
  readonly subnet: string
  readonly hosts: readonly RenderedHost[]
}

const CLUSTER_FILE = 'cluster.json'
const HOST_FILE = 'host.json'

/** Makes the folder, or refuses it: one of other things, or that cannot be written. Call it before anything else is kept. */
export function prepareOutput(folder: string): void {
  explained(folder, () => {
    makeFolder(folder)
    refuseForeign(folder)
    chmodSync(folder, 0o700)
  })
}

/**
 * Writes `DIR/cluster.json`, and `DIR/HOST/host.json` with `DIR/HOST/files/PATH` for each host, into a folder that was prepared. What an
 * earlier run has left there of its own goes, hosts that are no more included.
 */
export function writeRendered(folder: string, cluster: RenderedCluster): void {
  explained(folder, () => {
    for (const name of readdirSync(folder)) {
      if (existsSync(join(folder, name, HOST_FILE))) rmSync(join(folder, name), { recursive: true })
    }
    const shared: SharedFiles = new Map()
    for (const host of cluster.hosts) writeHost(join(folder, host.host), host, shared)
    const { hosts, ...settings } = cluster
    writeFileSync(join(folder, CLUSTER_FILE), formatJson({ ...settings, hosts: hosts.map(({ host }) => host) }))
  })
}

function explained(folder: string, work: () => void): void {
  try {
    work()
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    const problem = {
      cause: `cannot write to ${folder}: ${(cause as Error).message}`,
      remedy: 'choose another folder with -o',
    }
    throw new UserError(problem, EXIT_CODES.failure, { cause })
  }
}

/** Step by step: on a file system that takes no folders, as /proc, `recursive` of Node 20 tries for ever. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

/** A run that was cut off leaves hosts but no cluster file, so either marks a folder as ours. */
function refuseForeign(folder: string): void {
  const names = readdirSync(folder)
  const isOurs = (name: string) => name === CLUSTER_FILE || existsSync(join(folder, name, HOST_FILE))
  if (names.length === 0 || names.some(isOurs)) return
  const cause = `the folder ${folder} holds other things than rendered files`
  throw new UserError({ cause, remedy: 'choose an empty or a fresh folder with -o' }, EXIT_CODES.badInput)
}

/** The manifest of a large cluster is large, and the same for all: one file with many names. */
const SHARED_LENGTH_MIN = 16_384

type SharedFiles = Map<string, { readonly target: string; readonly content: string }>

function writeHost(folder: string, host: RenderedHost, shared: SharedFiles): void {
  mkdirSync(folder, { mode: 0o700 })
  const { files, ...settings } = host
  const listed = files.map(({ content: _content, ...traits }) => traits)
  writeFileSync(join(folder, HOST_FILE), formatJson({ ...settings, files: listed }), { mode: 0o644 })
  for (const file of files) {
    const target = join(folder, 'files', file.path)
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    writeFile(target, file, shared)
  }
}

function writeFile(target: string, { path, mode, content }: RenderedFile, shared: SharedFiles): void {
  const key = `${mode} ${path}`
  const former = content.length < SHARED_LENGTH_MIN ? undefined : shared.get(key)
  if (former?.content === content) return linkSync(former.target, target)
  writeFileSync(target, content, { mode: Number.parseInt(mode, 8), flag: 'wx' })
  shared.set(key, { target, content })
}

function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
