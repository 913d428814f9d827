import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { parseJson } from '../../contract/json-shape.ts'
import { writeAtomically } from '../files/atomic-write.ts'
import { formatLock } from '../lock/lock-text.ts'
import { digestOf, isUnchanged } from './host-change.ts'
import type { Review } from './review.ts'

/**
 * A plan that was looked at, to be applied later. It tells what the plan was made from and what it does, by digests: no text of a
 * file is in it. To apply it, all is looked at anew, and only the very same plan goes ahead.
 */
export interface PlanFile {
  readonly format: 1
  readonly createdAt: string
  readonly release: string
  readonly limit: readonly string[]
  readonly inventory: string
  readonly lock: string
  readonly hosts: readonly PlannedChange[]
}

interface PlannedChange {
  readonly host: string
  readonly files: readonly { readonly path: string; readonly kind: string; before?: string; after?: string }[]
  readonly actions: readonly string[]
}

export function planFileOf(review: Review, facts: { release: string; limit: readonly string[]; at: Date }): PlanFile {
  const changed = review.changes.filter(change => !isUnchanged(change))
  return {
    format: 1,
    createdAt: facts.at.toISOString(),
    release: facts.release,
    limit: facts.limit,
    inventory: digestOf(JSON.stringify(review.prepared.inventory)),
    lock: digestOf(formatLock(review.prepared.lock)),
    hosts: changed.map(({ host, files, actions }) => ({
      host,
      files: files.map(({ path, kind, before, after }) => ({
        path,
        kind,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      })),
      actions: actions.map(({ kind }) => kind),
    })),
  }
}

export function writePlanFile(path: string, plan: PlanFile): void {
  const body = JSON.stringify(plan, null, 2)
  writeAtomically(path, `${JSON.stringify({ plan, digest: sealOf(body) }, null, 2)}\n`, 0o600)
}

export function readPlanFile(path: string): PlanFile {
  if (!existsSync(path)) throw unusable(path, 'does not exist', 'name a file that plan --out has written')
  const json = parseJson(readFileSync(path, 'utf8'))
  const outer = json.ok && typeof json.value === 'object' && json.value !== null ? json.value : undefined
  const { plan, digest } = (outer ?? {}) as { plan?: PlanFile; digest?: unknown }
  if (plan?.format !== 1 || !Array.isArray(plan.hosts) || !Array.isArray(plan.limit)) {
    throw unusable(path, 'is not a plan', 'name a file that plan --out has written')
  }
  if (sealOf(JSON.stringify(plan, null, 2)) !== digest) {
    throw unusable(path, 'was edited, or is damaged', "make it again with 'weave-provision plan --out'")
  }
  return plan
}

/** What has changed since the plan was made; nothing when it may be applied. */
export function differencesOf(saved: PlanFile, present: PlanFile): readonly string[] {
  const general = [
    ...(saved.inventory === present.inventory ? [] : ['the inventory has changed']),
    ...(saved.lock === present.lock ? [] : ['the lock file has changed: another apply has taken place']),
    ...(saved.release === present.release ? [] : ['this is another release of the agent']),
  ]
  const before = new Map(saved.hosts.map(change => [change.host, change]))
  const after = new Map(present.hosts.map(change => [change.host, change]))
  const names = [...new Set([...before.keys(), ...after.keys()])]
  const ofHosts = names.flatMap(name => {
    const [old, fresh] = [before.get(name), after.get(name)]
    if (JSON.stringify(old) === JSON.stringify(fresh)) return []
    return [`host '${name}' ${whatDiffers(old, fresh)}`]
  })
  return [...general, ...ofHosts]
}

function whatDiffers(old: PlannedChange | undefined, fresh: PlannedChange | undefined): string {
  if (old === undefined) return 'would be changed too'
  if (fresh === undefined) return 'needs no change any more'
  const differing = fresh.files.filter(file => {
    const former = old.files.find(({ path }) => path === file.path)
    return JSON.stringify(former) !== JSON.stringify(file)
  })
  return differing.length > 0 ? `differs in ${differing.map(({ path }) => path).join(', ')}` : 'needs other actions'
}

function sealOf(text: string): string {
  return createHash('sha256').update(`weave-provision plan\n${text}`).digest('hex')
}

function unusable(path: string, what: string, remedy: string): UserError {
  return new UserError({ cause: `the plan file ${path} ${what}`, remedy }, EXIT_CODES.badInput)
}
