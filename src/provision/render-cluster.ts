import { certify } from './certify/certify.ts'
import { openSecrets } from './certify/secrets-file.ts'
import { loadTemplates } from './files/load-templates.ts'
import { writeRendered } from './files/write-rendered.ts'
import { writeLock } from './lock/lock-file.ts'
import { dockerNotices } from './plan/docker-notices.ts'
import type { Plan } from './plan/plan.ts'
import { type PlanOptions, preparePlan } from './prepare-plan.ts'
import { renderHost } from './render/render-host.ts'
import type { RenderedHost } from './render/rendered-host.ts'

export interface RenderOptions extends PlanOptions {
  readonly outputFolder: string
  readonly templatesFolder: string
  /** Nothing is kept beside the inventory: numbers and keys that are not there yet are made up for this once. */
  readonly isCheck?: boolean
  /** Where a vault password is kept when nobody names one; the user's configuration folder unless given. */
  readonly fallbackPasswordFile?: string
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
  const { plan, lock, paths, facts } = await preparePlan(options)
  const { secrets, notices } = await openSecrets({
    path: paths.secrets,
    cluster: lock.cluster,
    isCheck: options.isCheck === true,
    password: {
      file: options.vaultPasswordFile,
      ...(options.fallbackPasswordFile === undefined ? {} : { fallback: options.fallbackPasswordFile }),
    },
  })
  const certified = await certify(plan, secrets)
  const templates = loadTemplates(options.templatesFolder)
  const { material } = certified
  const hosts = plan.hosts.map(host => renderHost({ plan, host, facts: facts[host.name], material, templates }))
  if (options.isCheck !== true) writeLock(paths.lock, certified.lock)
  const { group, clusterName, subnet } = plan
  writeRendered(options.outputFolder, { group, clusterId: material.clusterId, clusterName, subnet, hosts })
  return {
    plan: { ...plan, lock: certified.lock },
    hosts,
    notices: [...notices, ...keyNotices(lock, plan), ...dockerNotices(plan, facts)],
  }
}

/** A host that shows another key than it used to was installed anew, or is not the host it was. */
function keyNotices(before: Plan['lock'], plan: Plan): readonly string[] {
  const known = new Map(before.hosts.map(host => [host.name, host.publicKey]))
  return plan.lock.hosts
    .filter(host => known.get(host.name) !== undefined && known.get(host.name) !== host.publicKey)
    .map(host => `Host '${host.name}' has another identity than before; if it was not installed anew, find out why.`)
}
