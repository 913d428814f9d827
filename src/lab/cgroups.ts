import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabInstance } from './instance.ts'
import { unlessMissing } from './missing.ts'

/** A mounted tree of cgroups: version 2, or version 1 with its controllers. */
export interface Hierarchy {
  readonly path: string
  readonly isUnified: boolean
  /** Of version 1; the hierarchy of systemd has none but its name. */
  readonly controllers: readonly string[]
}

/** Reads /proc/self/mountinfo. A machine has version 2 alone, version 1, or both side by side ("hybrid"). */
export function parseHierarchies(mountInfo: string): readonly Hierarchy[] {
  const found = new Map<string, Hierarchy>()
  for (const line of mountInfo.split('\n')) {
    const [mount = '', source = ''] = line.split(' - ')
    const path = mount.split(' ')[4]
    const [type, , options = ''] = source.split(' ')
    if (path === undefined || (type !== 'cgroup' && type !== 'cgroup2')) continue
    const isUnified = type === 'cgroup2'
    const controllers = options.split(',').filter(option => !GENERAL_OPTIONS.has(option))
    found.set(path, { path, isUnified, controllers: isUnified ? [] : controllers })
  }
  return [...found.values()]
}

const GENERAL_OPTIONS = new Set(['rw', 'ro', 'xattr', 'clone_children', 'nsdelegate', 'memory_recursiveprot'])

/** The groups of one lab: `<hierarchy>/wl-<id>/hosts/<host>` in each hierarchy, its supervisor in one of them. */
export class LabGroups {
  readonly hierarchies: readonly Hierarchy[]
  readonly #instance: LabInstance

  constructor(hierarchies: readonly Hierarchy[], instance: LabInstance) {
    this.hierarchies = hierarchies
    this.#instance = instance
  }

  static async ofMachine(instance: LabInstance): Promise<LabGroups> {
    return new LabGroups(parseHierarchies(await readFile('/proc/self/mountinfo', 'utf8')), instance)
  }

  /** Whether the machine has version 2 and nothing else: then it alone has the controllers. */
  get isUnifiedOnly(): boolean {
    return this.hierarchies.every(hierarchy => hierarchy.isUnified)
  }

  ofHost(host: string): readonly string[] {
    return this.hierarchies.map(hierarchy => join(this.#root(hierarchy), 'hosts', host))
  }

  supervisorOf(host: string): string {
    return join(this.#root(this.#tracking), 'supervisors', host)
  }

  /** Names of all hosts that have groups, those that the inventory no longer knows included. */
  async hosts(): Promise<readonly string[]> {
    const folder = join(this.#root(this.#tracking), 'hosts')
    const entries = (await unlessMissing(readdir(folder, { withFileTypes: true }))) ?? []
    return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
  }

  async processesOf(host: string): Promise<readonly number[]> {
    return processesBelow(join(this.#root(this.#tracking), 'hosts', host))
  }

  async supervisorProcesses(host: string): Promise<readonly number[]> {
    return processesBelow(this.supervisorOf(host))
  }

  /** Version 2 hands controllers down level by level; those that the machine does not give are done without. */
  async delegateControllers(): Promise<void> {
    for (const hierarchy of this.hierarchies.filter(one => one.isUnified)) {
      const root = this.#root(hierarchy)
      await mkdir(join(root, 'hosts'), { recursive: true })
      const given = (await readFile(join(hierarchy.path, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/)
      const wanted = given.filter(name => DELEGATED.has(name)).map(name => `+${name}`)
      if (wanted.length === 0) continue
      for (const level of [hierarchy.path, root, join(root, 'hosts')])
        await writeFile(join(level, 'cgroup.subtree_control'), wanted.join(' '))
    }
  }

  async remove(host: string): Promise<void> {
    for (const path of [...this.ofHost(host), this.supervisorOf(host)]) await removeGroups(path)
  }

  async removeAll(): Promise<void> {
    for (const hierarchy of this.hierarchies) await removeGroups(this.#root(hierarchy))
  }

  #root(hierarchy: Hierarchy): string {
    return join(hierarchy.path, this.#instance.groupName)
  }

  /** Where processes are counted: all hierarchies hold the same ones, and nothing in a host moves them out of this one. */
  get #tracking(): Hierarchy {
    const { hierarchies } = this
    const found =
      hierarchies.find(one => one.controllers.includes('name=systemd')) ??
      hierarchies.find(one => one.isUnified) ??
      hierarchies[0]
    if (found === undefined) throw new Error('no cgroup hierarchy is mounted')
    return found
  }
}

const DELEGATED = new Set(['cpu', 'cpuset', 'io', 'memory', 'pids'])

async function processesBelow(folder: string): Promise<readonly number[]> {
  const text = await unlessMissing(readFile(join(folder, 'cgroup.procs'), 'utf8'))
  if (text === undefined) return []
  const own = text.split('\n').filter(Boolean).map(Number)
  const below = await Promise.all((await foldersIn(folder)).map(processesBelow))
  return [...own, ...below.flat()]
}

async function removeGroups(folder: string): Promise<void> {
  for (const below of await foldersIn(folder)) await removeGroups(below)
  await unlessMissing(rmdir(folder))
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = (await unlessMissing(readdir(folder, { withFileTypes: true }))) ?? []
  return entries.filter(entry => entry.isDirectory()).map(entry => join(folder, entry.name))
}
