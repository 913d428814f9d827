import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabGroups } from './cgroups.ts'
import type { LabDescription, LabHost } from './description.ts'
import { cutPassages, downPorts, type Passage } from './faults.ts'
import type { HostState, LabHosts } from './hosts.ts'
import type { LabInstance } from './instance.ts'
import { unlessMissing } from './missing.ts'

export interface LabStatus {
  readonly id: string
  readonly folder: string
  readonly state: 'up' | 'partly up' | 'down'
  readonly controlNamespace: string
  /** A root file system to `docker import` on the hosts: the lab has no registry. */
  readonly containerImage: string
  readonly hosts: readonly HostStatus[]
  /** Ports of the switch between which no frame passes. */
  readonly cuts: readonly Passage[]
  /** Ports of the switch that are taken down. */
  readonly downPorts: readonly string[]
}

export interface HostStatus {
  readonly name: string
  readonly hostClass: string
  readonly state: HostState
  readonly addresses: Readonly<Record<string, string>>
  /** The machine's number of the host's PID 1. */
  readonly pid: number | undefined
  readonly processes: number
  /** Memory that no other host shares: without the page cache. */
  readonly memoryBytes: number | undefined
  readonly bootedAt: string | undefined
}

export interface StatusSources {
  readonly instance: LabInstance
  readonly description: LabDescription
  readonly groups: LabGroups
  readonly hosts: LabHosts
  readonly base: { readonly containerImage: string }
}

export async function statusOf(sources: StatusSources): Promise<LabStatus> {
  const { instance, description } = sources
  const hosts = await Promise.all(description.hosts.map(host => hostStatus(host, sources)))
  const running = hosts.filter(({ state }) => state === 'running').length
  return {
    id: instance.id,
    folder: description.folder,
    state: running === hosts.length ? 'up' : hosts.every(({ state }) => state === 'stopped') ? 'down' : 'partly up',
    controlNamespace: instance.controlNamespace,
    containerImage: sources.base.containerImage,
    hosts,
    cuts: await cutPassages(instance),
    downPorts: await downPorts(instance),
  }
}

async function hostStatus(host: LabHost, { groups, hosts }: StatusSources): Promise<HostStatus> {
  const pid = await hosts.initOf(host.name)
  const booted = pid === undefined ? undefined : await unlessMissing(stat(`/proc/${pid}`))
  return {
    name: host.name,
    hostClass: host.hostClass,
    state: await hosts.state(host.name),
    addresses: Object.fromEntries(host.interfaces.map(({ network, address }) => [network, address])),
    pid,
    processes: (await groups.processesOf(host.name)).length,
    memoryBytes: await memoryOf(groups.ofHost(host.name)),
    bootedAt: booted?.ctime.toISOString(),
  }
}

async function memoryOf(groups: readonly string[]): Promise<number | undefined> {
  for (const group of groups) {
    const text = await unlessMissing(readFile(join(group, 'memory.stat'), 'utf8'))
    // `total_rss` in version 1, `anon` in version 2.
    const found = /^(?:total_rss|anon) (\d+)$/m.exec(text ?? '')
    if (found !== null) return Number(found[1])
  }
  return undefined
}
