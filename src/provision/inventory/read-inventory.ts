import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { runTool } from '../ansible/run-tool.ts'
import { missingInventory } from '../lock/state-paths.ts'
import { type Listing, parseListing } from './listing.ts'
import { causeOfFailure } from './listing-failure.ts'
import { resolveTemplates } from './resolve-templates.ts'

export interface ReadOptions {
  readonly vaultPasswordFile?: string | undefined
}

/**
 * Lets Ansible read the inventory, so that group_vars, vaulted values and dynamic inventories mean what they mean to it. Ansible
 * only warns of a source that it cannot parse; here that is a failure, because hosts missing from the listing would count
 * as removed.
 */
export async function readInventory(path: string, options: ReadOptions = {}): Promise<Listing> {
  if (!existsSync(path)) throw missingInventory(path)
  const vault = options.vaultPasswordFile === undefined ? [] : ['--vault-password-file', options.vaultPasswordFile]
  const result = await runTool(['ansible-inventory', '-i', resolve(path), '--list', ...vault], {
    environment: { ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: '1', ANSIBLE_DEPRECATION_WARNINGS: '0' },
  })
  if (result.exitCode !== 0) throw new UserError(causeOfFailure(path, result.stderr), EXIT_CODES.badInput)
  const listing = parseListing(result.stdout)
  return resolveTemplates(listing, { inventoryPath: resolve(path), vaultArguments: vault })
}
