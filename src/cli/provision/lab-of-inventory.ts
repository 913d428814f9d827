import { realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { describeLab, Lab, type VariablesOfHosts } from '../../lab/index.ts'
import { readInventory } from '../../provision/inventory/read-inventory.ts'
import { projectRoot } from '../project-root.ts'

/** The lab that an inventory describes; `undefined` when it describes real hosts. */
export async function labOfHosts(inventory: string, hosts: VariablesOfHosts): Promise<Lab | undefined> {
  const description = describeLab(folderOf(inventory), hosts)
  return description === undefined ? undefined : Lab.open(description, join(projectRoot(), 'templates'))
}

export async function labOfInventory(inventory: string): Promise<Lab> {
  const listing = await readInventory(inventory)
  const lab = await labOfHosts(inventory, listing.hostVariables)
  if (lab !== undefined) return lab
  const remedy = 'set weave_lab and weave_lab_host; inventories/lab shows how'
  throw new UserError({ cause: `${inventory} does not describe a lab`, remedy }, EXIT_CODES.badInput)
}

/** The same for the folder, the file in it, and whatever leads there. */
function folderOf(inventory: string): string {
  const path = realpathSync(inventory)
  return statSync(path).isDirectory() ? path : dirname(path)
}
