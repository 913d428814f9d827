import { createHash } from 'node:crypto'
import { readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabDescription } from './description.ts'
import { LabInstance } from './instance.ts'
import { unlessMissing } from './missing.ts'

/**
 * What the inventory says of a lab that is up, without asking Ansible again while no file of the inventory has changed: that would
 * be most of the time that a command in a host takes. Only the description is kept, so no other variable leaves the inventory.
 */
export async function describedOnce(
  source: { readonly inventory: string; readonly folder: string },
  read: () => Promise<LabDescription | undefined>,
): Promise<LabDescription | undefined> {
  const folder = await realpath(source.folder)
  const fingerprint = await fingerprintOf(await realpath(source.inventory), folder)
  const file = join(new LabInstance(folder).runFolder, `description-${fingerprint}.json`)
  const kept = await unlessMissing(readFile(file, 'utf8'))
  if (kept !== undefined) return JSON.parse(kept) as LabDescription
  const description = await read()
  // There is no folder to keep it in while the lab is down.
  if (description !== undefined) await unlessMissing(writeFile(file, JSON.stringify(description), { mode: 0o600 }))
  return description
}

/** Changes with the shape of a description, so that what another version kept is not read. */
const FORMAT = '1'

/** Files whose names start with a dot are no sources of hosts: Ansible ignores them. */
async function fingerprintOf(inventory: string, folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true })).filter(name => !/(^|\/)\./.test(name)).sort()
  const parts = names.map(async name => {
    const { mtimeMs, size, ino } = await stat(join(folder, name))
    return `${name} ${mtimeMs} ${size} ${ino}`
  })
  const text = [FORMAT, inventory, ...(await Promise.all(parts))].join('\n')
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
