import { existsSync, readFileSync } from 'node:fs'
import { EXIT_CODES, UserError } from '../base/user-error.ts'
import type { Listing } from './inventory/listing.ts'
import { parseInventory } from './inventory/parse-inventory.ts'
import { readInventory } from './inventory/read-inventory.ts'
import { readLock } from './lock/lock-file.ts'
import { type StatePaths, statePaths } from './lock/state-paths.ts'
import { type FactsByHost, parseFacts } from './plan/host-facts.ts'
import type { Lock } from './plan/lock.ts'
import { makePlan, type Plan } from './plan/plan.ts'

export interface PlanOptions {
  readonly inventoryPath: string
  readonly factsPath?: string | undefined
  readonly vaultPasswordFile?: string | undefined
}

export interface PreparedPlan {
  readonly plan: Plan
  /** As it was before the plan. */
  readonly lock: Lock
  readonly paths: StatePaths
  readonly facts: FactsByHost
  /** Settings of the lab, when the inventory describes one. */
  readonly lab: Readonly<Record<string, unknown>> | undefined
  /** As Ansible gives them, of every host of the inventory. */
  readonly hostVariables: Listing['hostVariables']
}

/** Reads the inventory and what is known of its hosts, and plans. Writes nothing. */
export async function preparePlan(options: PlanOptions): Promise<PreparedPlan> {
  const { inventoryPath, factsPath, vaultPasswordFile } = options
  const facts = factsPath === undefined ? {} : readFacts(factsPath)
  const listing = await readInventory(inventoryPath, { vaultPasswordFile })
  const parsed = parseInventory(listing)
  const paths = statePaths(inventoryPath)
  const lock = readLock(paths.lock)
  const outcome = makePlan({ inventory: parsed.inventory, lock, facts })
  const refusals = outcome.kind === 'refused' && parsed.inventory.hosts.length > 0 ? outcome.problems : []
  const problems = [...parsed.problems, ...refusals]
  if (problems.length > 0 || outcome.kind === 'refused') throw new UserError(problems, EXIT_CODES.badInput)
  return { plan: outcome.plan, lock, paths, facts, lab: parsed.lab, hostVariables: listing.hostVariables }
}

function readFacts(path: string): FactsByHost {
  if (!existsSync(path)) {
    const remedy = 'correct --facts, or leave it out'
    throw new UserError({ cause: `the file of facts ${path} does not exist`, remedy }, EXIT_CODES.badInput)
  }
  const facts = parseFacts(readFileSync(path, 'utf8'))
  if (facts.ok) return facts.value
  const cause = `the file of facts ${path} is not as expected: ${facts.error}`
  throw new UserError(
    { cause, remedy: 'let weave-provision up gather the facts, or correct the file' },
    EXIT_CODES.badInput,
  )
}
