import { join } from 'node:path'
import { describeLab, Lab, type LabProgress } from '../../lab/index.ts'
import type { PreparedPlan } from '../../provision/prepare-plan.ts'
import { printNotice } from '../output.ts'
import { projectRoot } from '../project-root.ts'

/** How Ansible reaches the hosts of a lab. */
export interface LabAccess {
  /** Words in front of a command, which enter the lab's control machine. */
  readonly prefix: readonly string[]
  readonly ansibleArguments: readonly string[]
}

/** Undefined for an inventory that describes no lab. */
export async function openLab(
  prepared: PreparedPlan,
  options: { readonly isStarted: boolean },
): Promise<LabAccess | undefined> {
  const description = describeLab(prepared.paths.folder, prepared.hostVariables)
  if (description === undefined) return undefined
  const lab = await Lab.open(description, join(projectRoot(), 'templates'))
  if (options.isStarted) await lab.up({ onProgress: showLabProgress })
  return { prefix: lab.controlPrefix(), ansibleArguments: lab.ansibleArguments() }
}

function showLabProgress({ kind, text }: LabProgress): void {
  if (kind !== 'detail' || process.stderr.isTTY) printNotice(kind === 'warning' ? `warning: ${text}` : `lab: ${text}`)
}
