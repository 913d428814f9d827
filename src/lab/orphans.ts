import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LabGroups } from './cgroups.ts'
import { exclusively } from './exclusive.ts'
import { LabInstance } from './instance.ts'
import { unlessMissing } from './missing.ts'
import { removeNamespaces } from './namespaces.ts'
import { killAll } from './processes.ts'
import type { OnProgress } from './progress.ts'

/** Where a lab notes the folder of its inventory: without that, nothing could bring it down any more. */
const FOLDER_FILE = 'folder'

export async function noteFolder(instance: LabInstance, folder: string): Promise<void> {
  await mkdir(instance.stateFolder, { recursive: true, mode: 0o700 })
  await writeFile(join(instance.stateFolder, FOLDER_FILE), folder)
}

/** Removes labs whose inventory is gone: of tests that were killed, of clones that were deleted. */
export async function removeOrphans(onProgress: OnProgress): Promise<void> {
  for (const id of (await unlessMissing(readdir(LabInstance.stateRoot))) ?? []) {
    const folder = await unlessMissing(readFile(join(LabInstance.stateRoot, id, FOLDER_FILE), 'utf8'))
    if (folder === undefined || (await isThere(folder))) continue
    onProgress({ kind: 'step', text: `lab ${id}: removed, its inventory ${folder} is gone` })
    const instance = new LabInstance(folder)
    await exclusively(
      instance.lockFile,
      () => undefined,
      () => destroy(instance),
    )
  }
}

/** Supervisors first, or they would boot again what is killed. */
async function destroy(instance: LabInstance): Promise<void> {
  const groups = await LabGroups.ofMachine(instance)
  const hosts = await groups.hosts()
  for (const host of hosts) await killAll(() => groups.supervisorProcesses(host))
  for (const host of hosts) await killAll(() => groups.processesOf(host))
  await removeNamespaces(instance)
  await groups.removeAll()
  await rm(instance.runFolder, { recursive: true, force: true })
  await rm(instance.stateFolder, { recursive: true, force: true })
  await rm(instance.lockFile)
}

async function isThere(path: string): Promise<boolean> {
  return (await unlessMissing(access(path).then(() => true))) ?? false
}
