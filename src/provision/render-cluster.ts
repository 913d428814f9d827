import { EXIT_CODES, UserError } from '../base/user-error.ts'
import { type ComposeOptions, composeCluster } from './compose-cluster.ts'
import { prepareOutput, writeRendered } from './files/write-rendered.ts'
import { writeLock } from './lock/lock-file.ts'
import { changesBetween, refuseRenumbering } from './plan/changes.ts'
import type { Plan } from './plan/plan.ts'
import { type PlanOptions, type PreparedPlan, preparePlan } from './prepare-plan.ts'
import type { RenderedHost } from './render/rendered-host.ts'

export interface RenderOptions extends PlanOptions, ComposeOptions {
  readonly outputFolder: string
  /** Hosts may get other numbers and addresses than the lock file says. */
  readonly mayRenumber?: boolean
}

export interface RenderOutcome {
  readonly plan: Plan
  readonly hosts: readonly RenderedHost[]
  /** What the user ought to know. */
  readonly notices: readonly string[]
}

/**
 * From the inventory to every file of every host. The caller holds the run lock. Secrets and numbers are kept before a file that
 * builds on them is written, so a run that is cut off loses neither.
 */
export async function renderCluster(options: RenderOptions): Promise<RenderOutcome> {
  const prepared = await preparePlan(options)
  if (options.isCheck !== true && options.mayRenumber !== true) keepNumbers(prepared)
  prepareOutput(options.outputFolder)
  const { plan, hosts, material, lock, notices } = await composeCluster(prepared, options)
  if (options.isCheck !== true) writeLock(prepared.paths.lock, lock)
  const { group, clusterName, subnet } = plan
  writeRendered(options.outputFolder, { group, clusterId: material.clusterId, clusterName, subnet, hosts })
  return { plan: { ...plan, lock }, hosts, notices }
}

function keepNumbers({ lock, plan }: PreparedPlan): void {
  const remedy =
    "look at it with 'weave-provision plan --out FILE', and apply that with 'up FILE'; a playbook says --renumber"
  const problems = refuseRenumbering(changesBetween(lock, plan.lock), remedy)
  if (problems.length > 0) throw new UserError(problems, EXIT_CODES.badInput)
}
