import { type ComposeOptions, composeCluster } from './compose-cluster.ts'
import { writeRendered } from './files/write-rendered.ts'
import { writeLock } from './lock/lock-file.ts'
import type { Plan } from './plan/plan.ts'
import { type PlanOptions, preparePlan } from './prepare-plan.ts'
import type { RenderedHost } from './render/rendered-host.ts'

export interface RenderOptions extends PlanOptions, ComposeOptions {
  readonly outputFolder: string
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
  const { plan, hosts, material, lock, notices } = await composeCluster(prepared, options)
  if (options.isCheck !== true) writeLock(prepared.paths.lock, lock)
  const { group, clusterName, subnet } = plan
  writeRendered(options.outputFolder, { group, clusterId: material.clusterId, clusterName, subnet, hosts })
  return { plan: { ...plan, lock }, hosts, notices }
}
