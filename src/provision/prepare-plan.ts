import { existsSync, readFileSync } from 'node:fs'
import { EXIT_CODES, type Problem, UserError } from '../base/user-error.ts'
import type { Listing } from './inventory/listing.ts'
import { parseInventory } from './inventory/parse-inventory.ts'
import { readInventory } from './inventory/read-inventory.ts'
import { readLock } from './lock/lock-file.ts'
import { type StatePaths, statePaths } from './lock/state-paths.ts'
import { type FactsByHost, parseFacts } from './plan/host-facts.ts'
import type { Inventory } from './plan/inventory.ts'
import type { Lock } from './plan/lock.ts'
import { makePlan, type Plan } from './plan/plan.ts'
import { withoutRemoved } from './plan/removed-hosts.ts'

export interface SourceOptions {
  readonly inventoryPath: string
  readonly vaultPasswordFile?: string | undefined
  /** Plans what this inventory said, in place of what the files say: an earlier apply. Hosts are reached as the files say. */
  readonly formerInventory?: Inventory | undefined
  /** Plans as if the lock file had this change, which only a run that is no check writes. */
  readonly supposing?: ((lock: Lock) => Lock) | undefined
}

export interface PlanOptions extends SourceOptions {
  readonly factsPath?: string | undefined
}

/** All that a plan is made from, but what the hosts say. */
export interface Sources {
  readonly inventory: Inventory
  /** As it was before the plan. */
  readonly lock: Lock
  readonly paths: StatePaths
  /** Settings of the lab, when the inventory describes one. */
  readonly lab: Readonly<Record<string, unknown>> | undefined
  /** As Ansible gives them, of every host of the inventory. */
  readonly hostVariables: Listing['hostVariables']
  readonly problems: readonly Problem[]
}

export interface PreparedPlan extends Omit<Sources, 'inventory' | 'problems'> {
  readonly inventory: Inventory
  readonly plan: Plan
  readonly facts: FactsByHost
}

/** Reads the inventory and what is known of its hosts, and plans. Writes nothing. */
export async function preparePlan(options: PlanOptions): Promise<PreparedPlan> {
  const facts = options.factsPath === undefined ? {} : readFacts(options.factsPath)
  return decide(await readSources(options), facts)
}

export async function readSources(options: SourceOptions): Promise<Sources> {
  const { inventoryPath, vaultPasswordFile, formerInventory, supposing = lock => lock } = options
  const listing = await readInventory(inventoryPath, { vaultPasswordFile })
  const parsed = parseInventory(listing)
  const paths = statePaths(inventoryPath)
  const lock = supposing(readLock(paths.lock))
  return {
    inventory: withoutRemoved(formerInventory ?? parsed.inventory, lock),
    lock,
    paths,
    lab: parsed.lab,
    hostVariables: listing.hostVariables,
    problems: formerInventory === undefined ? parsed.problems : [],
  }
}

/** The plan, or a refusal that names all that stands against it. */
export function decide(sources: Sources, facts: FactsByHost): PreparedPlan {
  const { inventory, lock } = sources
  const outcome = makePlan({ inventory, lock, facts })
  const refusals = outcome.kind === 'refused' && inventory.hosts.length > 0 ? outcome.problems : []
  const problems = [...sources.problems, ...refusals]
  if (problems.length > 0 || outcome.kind === 'refused') throw new UserError(problems, EXIT_CODES.badInput)
  return { ...sources, plan: outcome.plan, facts }
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
