import type { PreparedPlan } from '../../provision/prepare-plan.ts'
import { labOfHosts } from './lab-of-inventory.ts'
import { progressPrinter } from './lab-view.ts'

/** How Ansible reaches the hosts of a lab. */
export interface LabAccess {
  /** Words in front of a command, which enter the lab's control machine. */
  readonly prefix: readonly string[]
  readonly ansibleArguments: readonly string[]
}

/** Undefined for an inventory that describes no lab. */
export async function openLab(
  inventory: string,
  prepared: Pick<PreparedPlan, 'hostVariables'>,
  options: { readonly isStarted: boolean },
): Promise<LabAccess | undefined> {
  const lab = await labOfHosts(inventory, prepared.hostVariables)
  if (lab === undefined) return undefined
  const printer = progressPrinter()
  if (options.isStarted) await lab.up(printer)
  printer.end()
  return { prefix: lab.controlPrefix(), ansibleArguments: lab.ansibleArguments() }
}
