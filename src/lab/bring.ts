import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureBaseImage, pruneBaseImages } from './base-image.ts'
import type { LabHost } from './description.ts'
import { exclusively } from './exclusive.ts'
import { LabInstance } from './instance.ts'
import type { LabParts } from './lab.ts'
import { unlessMissing } from './missing.ts'
import { ensureNamespaces, namespacesOf, removeNamespace, removeNamespaces } from './namespaces.ts'
import { describeNetworks } from './network.ts'
import { noteFolder, removeOrphans } from './orphans.ts'
import { ensurePrerequisites } from './prerequisites.ts'
import type { OnProgress } from './progress.ts'
import { waitUntilReady } from './readiness.ts'
import { baseDigestOf, ensureHostSeeded, ensureLabKey, writeKnownHosts } from './seed.ts'

/** A file that is there from the start of a `down` to its end. */
const GOING_DOWN = 'going-down'

/** Every step makes only what is missing, so it may end anywhere and be run again. */
export async function bringUp(lab: LabParts, onProgress: OnProgress): Promise<void> {
  await ensurePrerequisites(onProgress)
  await removeOrphans(onProgress)
  await alone(lab, onProgress, async () => {
    await ensureBaseImage(lab.base, lab.filesFolder, onProgress)
    await noteFolder(lab.instance, lab.description.folder)
    await finishInterruptedDown(lab)
    await removeStrangers(lab, onProgress)
    await ensureNamespaces(lab.instance, lab.description, host => lab.hosts.clear(host))
    const waiting = await hostsIn(lab, ['stopped', 'starting'])
    const stopped = await hostsIn(lab, ['stopped'])
    if (waiting.length === 0) return
    onProgress({ kind: 'step', text: `networks: ${describeNetworks(lab.description)}` })
    await seedHosts(lab, stopped, onProgress)
    await lab.groups.delegateControllers()
    await Promise.all(stopped.map(host => lab.hosts.start(host)))
    await Promise.all(waiting.map(host => becomeReady(lab, host, onProgress)))
  })
}

export async function bringDown(
  lab: LabParts,
  options: { readonly wipe: boolean; readonly onProgress: OnProgress },
): Promise<void> {
  const { onProgress } = options
  await removeOrphans(onProgress)
  await alone(lab, onProgress, async () => {
    await markGoingDown(lab.instance)
    await Promise.all(lab.description.hosts.map(host => powerOff(lab, host, onProgress)))
    await removeStrangers({ ...lab, description: { ...lab.description, hosts: [] } }, onProgress)
    await removeNamespaces(lab.instance)
    await lab.groups.removeAll()
    await rm(lab.instance.runFolder, { recursive: true, force: true })
    if (!options.wipe) return
    await rm(lab.instance.stateFolder, { recursive: true, force: true })
    await rm(lab.instance.lockFile)
    onProgress({ kind: 'step', text: 'disks of the hosts: removed' })
  })
}

async function alone(lab: LabParts, onProgress: OnProgress, work: () => Promise<void>): Promise<void> {
  const onWait = () => onProgress({ kind: 'step', text: 'waiting for another run on this lab' })
  await exclusively(lab.instance.lockFile, onWait, work)
}

/** Hosts that have been told to power off look as if they ran, for a while. */
async function markGoingDown(instance: LabInstance): Promise<void> {
  await mkdir(instance.runFolder, { recursive: true, mode: 0o700 })
  await writeFile(join(instance.runFolder, GOING_DOWN), '')
}

async function finishInterruptedDown(lab: LabParts): Promise<void> {
  const mark = join(lab.instance.runFolder, GOING_DOWN)
  if ((await unlessMissing(readFile(mark))) === undefined) return
  for (const host of lab.description.hosts) await lab.hosts.clear(host.name)
  await rm(mark)
}

async function hostsIn(lab: LabParts, states: readonly string[]): Promise<readonly LabHost[]> {
  const found = await Promise.all(lab.description.hosts.map(host => lab.hosts.state(host.name)))
  return lab.description.hosts.filter((_, index) => states.includes(found[index] ?? ''))
}

async function seedHosts(lab: LabParts, stopped: readonly LabHost[], onProgress: OnProgress): Promise<void> {
  await removeUnfinished(lab.instance)
  await ensureLabKey(lab.instance)
  await Promise.all(
    stopped.map(async host => {
      const outcome = await ensureHostSeeded(host, lab)
      if (outcome === 'renewed')
        onProgress({ kind: 'warning', text: `${host.name}: the base image has changed, the host starts afresh` })
    }),
  )
  await writeKnownHosts(lab.instance, lab.description)
  await pruneBaseImages(new Set([lab.base.digest, ...(await digestsInUse())]))
}

async function becomeReady(lab: LabParts, host: LabHost, onProgress: OnProgress): Promise<void> {
  const started = performance.now()
  await waitUntilReady(host, { ...lab, onProgress })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  onProgress({ kind: 'step', text: `${host.name}: ready after ${seconds} s` })
}

async function powerOff(lab: LabParts, host: LabHost, onProgress: OnProgress): Promise<void> {
  const isThere = (await lab.hosts.state(host.name)) !== 'stopped'
  const outcome = await lab.hosts.stop(host)
  if (outcome === 'hard') onProgress({ kind: 'warning', text: `${host.name}: had to be switched off` })
  else if (isThere) onProgress({ kind: 'step', text: `${host.name}: powered off` })
}

/** Hosts that the inventory no longer has, and leftovers of a run that was killed. */
async function removeStrangers(lab: LabParts, onProgress: OnProgress): Promise<void> {
  const known = new Set(lab.description.hosts.map(({ name }) => name))
  for (const host of (await lab.groups.hosts()).filter(name => !known.has(name))) {
    onProgress({ kind: 'step', text: `${host}: is no longer in the inventory, removed` })
    await lab.hosts.clear(host)
  }
  const wanted = new Set([...known].map(name => lab.instance.hostNamespace(name)))
  const isStranger = (namespace: string) =>
    namespace.startsWith(lab.instance.hostNamespace('')) && !wanted.has(namespace)
  for (const namespace of (await namespacesOf(lab.instance)).filter(isStranger)) await removeNamespace(namespace)
}

async function removeUnfinished(instance: LabInstance): Promise<void> {
  const names = (await unlessMissing(readdir(instance.stateFolder))) ?? []
  for (const name of names.filter(one => one.startsWith('unfinished-')))
    await rm(join(instance.stateFolder, name), { recursive: true, force: true })
}

/** Base images below the hosts of all labs of this machine. */
async function digestsInUse(): Promise<readonly string[]> {
  const labs = (await unlessMissing(readdir(LabInstance.stateRoot))) ?? []
  const folders = await Promise.all(
    labs.map(async lab => {
      const hosts = join(LabInstance.stateRoot, lab, 'hosts')
      return ((await unlessMissing(readdir(hosts))) ?? []).map(name => join(hosts, name))
    }),
  )
  const digests = await Promise.all(folders.flat().map(baseDigestOf))
  return digests.filter(digest => digest !== undefined)
}
