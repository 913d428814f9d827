import { join } from 'node:path'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { describedOnce, describeLab, Lab, requireRoot, type VariablesOfHosts } from '../../lab/index.ts'
import { readInventory } from '../../provision/inventory/read-inventory.ts'
import { statePaths } from '../../provision/lock/state-paths.ts'
import { projectRoot } from '../project-root.ts'

/** The lab that an inventory already read describes; `undefined` when it describes real hosts. */
export async function labOfHosts(inventory: string, hosts: VariablesOfHosts): Promise<Lab | undefined> {
  const description = describeLab(statePaths(inventory).folder, hosts)
  return description === undefined ? undefined : Lab.open(description, templates())
}

export async function labOfInventory(inventory: string): Promise<Lab> {
  requireRoot()
  const { folder } = statePaths(inventory)
  const description = await describedOnce({ inventory, folder }, async () =>
    describeLab(folder, (await readInventory(inventory)).hostVariables),
  )
  if (description !== undefined) return Lab.open(description, templates())
  const remedy = 'set weave_lab and weave_lab_host; inventories/lab shows how'
  throw new UserError({ cause: `${inventory} does not describe a lab`, remedy }, EXIT_CODES.badInput)
}

function templates(): string {
  return join(projectRoot(), 'templates')
}
