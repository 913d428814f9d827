import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'

/**
 * What is kept beside an inventory. The names start with a dot because Ansible parses every other file of an inventory folder as
 * one more source of hosts. They are the same for `-i folder` and `-i folder/hosts.yml`, so both know the same numbers.
 */
export interface StatePaths {
  readonly folder: string
  /** Numbers and public keys; meant to be committed. */
  readonly lock: string
  /** The cluster's secrets, encrypted with Ansible Vault; may be committed. */
  readonly secrets: string
  /** There while a run works on the inventory. */
  readonly runLock: string
}

export const LOCK_NAME = '.weave.lock.yml'
export const SECRETS_NAME = '.weave.cluster.vault.yml'
export const RUN_LOCK_NAME = '.weave.run.lock'

export function statePaths(inventoryPath: string): StatePaths {
  const path = resolve(inventoryPath)
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory()
  if (isFolder === undefined) throw missingInventory(inventoryPath)
  const folder = isFolder ? path : dirname(path)
  return {
    folder,
    lock: join(folder, LOCK_NAME),
    secrets: join(folder, SECRETS_NAME),
    runLock: join(folder, RUN_LOCK_NAME),
  }
}

export function missingInventory(path: string): UserError {
  const remedy = 'name an inventory file or folder with -i; inventories/example shows one'
  return new UserError({ cause: `the inventory ${path} does not exist`, remedy }, EXIT_CODES.badInput)
}
