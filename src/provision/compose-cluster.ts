import { certify } from './certify/certify.ts'
import type { ClusterSecrets, RotationStage } from './certify/cluster-secrets.ts'
import { withPlaceholderKeys } from './certify/placeholders.ts'
import { openSecrets, type SecretsOutcome } from './certify/secrets-file.ts'
import { loadTemplates } from './files/load-templates.ts'
import { dockerNotices } from './plan/docker-notices.ts'
import type { Lock } from './plan/lock.ts'
import type { Plan } from './plan/plan.ts'
import { trustNotices } from './plan/trust.ts'
import type { PreparedPlan, Sources } from './prepare-plan.ts'
import type { ClusterMaterial } from './render/cluster-material.ts'
import { renderHost } from './render/render-host.ts'
import type { RenderedHost } from './render/rendered-host.ts'

export interface ComposeOptions {
  readonly templatesFolder: string
  readonly vaultPasswordFile?: string | undefined
  /** Nothing is kept beside the inventory: keys that are not there yet have placeholders, the same ones each time. */
  readonly isCheck?: boolean
  /** Where a vault password is kept when nobody names one; the user's configuration folder unless given. */
  readonly fallbackPasswordFile?: string
}

/** Takes a while, and needs nothing of the hosts. */
export function openClusterSecrets(
  { lock, paths }: Pick<Sources, 'lock' | 'paths'>,
  options: ComposeOptions,
): Promise<SecretsOutcome> {
  return openSecrets({
    path: paths.secrets,
    cluster: lock.cluster,
    isCheck: options.isCheck === true,
    password: {
      file: options.vaultPasswordFile,
      ...(options.fallbackPasswordFile === undefined ? {} : { fallback: options.fallbackPasswordFile }),
    },
  })
}

export interface Composed {
  readonly plan: Plan
  readonly hosts: readonly RenderedHost[]
  readonly material: ClusterMaterial
  /** What is to be kept when the plan is taken. */
  readonly lock: Lock
  /** Of the admission key; undefined when it is not being changed. */
  readonly rotationStage: RotationStage | undefined
  /** What the user ought to know. */
  readonly notices: readonly string[]
}

/** Every file of every host of the plan, in memory. */
export async function composeCluster(
  prepared: PreparedPlan,
  options: ComposeOptions,
  opened = openClusterSecrets(prepared, options),
): Promise<Composed> {
  const { lock, facts } = prepared
  const { secrets, notices } = await opened
  const plan = options.isCheck === true ? withPlaceholderKeys(prepared.plan, facts) : prepared.plan
  const certified = await certify(plan, secrets)
  const templates = loadTemplates(options.templatesFolder)
  const { material } = certified
  const hosts = plan.hosts.map(host => renderHost({ plan, host, facts: facts[host.name], material, templates }))
  return {
    plan,
    hosts,
    material,
    lock: certified.lock,
    rotationStage: secrets.rotation?.stage,
    notices: [
      ...notices,
      ...rotationNotices(secrets),
      ...keyNotices(lock, prepared.plan),
      ...dockerNotices(plan, facts),
      ...trustNotices(plan),
    ],
  }
}

/** A host that shows another key than it used to was installed anew, or is not the host it was. */
function keyNotices(before: Lock, plan: Plan): readonly string[] {
  const known = new Map(before.hosts.map(host => [host.name, host.publicKey]))
  return plan.lock.hosts
    .filter(host => known.get(host.name) !== undefined && known.get(host.name) !== host.publicKey)
    .map(host => `Host '${host.name}' has another identity than before; if it was not installed anew, find out why.`)
}

function rotationNotices({ rotation }: ClusterSecrets): readonly string[] {
  if (rotation === undefined) return []
  const step = `step '${rotation.stage}' of offered, switched, dropped`
  return [`The admission key is being changed: ${step}; 'weave-provision rotate' brings it to its end.`]
}
