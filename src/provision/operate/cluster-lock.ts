import { hostname } from 'node:os'
import { type Problem, UserError } from '../../base/user-error.ts'
import type { Answers, Question } from '../apply/ask-hosts.ts'
import { processMark } from '../lock/process-start.ts'
import { describeHolder, type HostLock, type Operator, parseHostLock } from './operator.ts'

/**
 * The lock lies on the hosts with the lowest numbers, which are the same for every operator, however old his inventory is: a few,
 * so that one that is away does not matter, and that a large cluster is not asked as a whole.
 */
const KEEPERS_MAX = 5
const RENEWAL_MS = 240_000
/** The lock of one that was not renewed for a quarter of an hour is taken over by others. */
const FAILED_RENEWALS_MAX = 3

export interface LockPlace {
  readonly ask: (question: Question) => Promise<Answers>
  readonly group: string
  readonly keepers: readonly string[]
}

export function keepersOf(hosts: readonly { readonly name: string; readonly index: number }[]): readonly string[] {
  return [...hosts]
    .sort((a, b) => a.index - b.index)
    .slice(0, KEEPERS_MAX)
    .map(({ name }) => name)
}

/** Lines for the audit log of hosts, by host. */
export type Entries = Readonly<Record<string, unknown>>

export interface LockedChange<T> {
  /** Not on hosts that were not set up: there is nothing to keep from anybody, and the lock would leave a folder behind. */
  readonly onlyWhereSetUp?: boolean
  /** `lost` says when the lock is no longer ours; then nothing further may be begun. */
  readonly work: (lost: () => Problem | undefined) => Promise<T>
  /** Of work that has thrown, there is no outcome. */
  readonly entriesOf: (outcome: T | undefined) => Entries
}

/** Holds the lock while the work lasts, renews it, and gives it back with lines for the log, however the work ends. */
export async function withClusterLock<T>(place: LockPlace, operator: Operator, change: LockedChange<T>): Promise<T> {
  const keepers = await take(place, operator, change.onlyWhereSetUp === true)
  const renewals = new Renewals()
  const timer = setInterval(() => {
    if (keepers.length === 0) return
    askLock({ ...place, keepers }, { lock: 'renew', holder: operator })
      .then(locks => renewals.note([...locks.values()]))
      .catch((error: unknown) => renewals.noteFailure(error instanceof Error ? error.message : String(error)))
  }, RENEWAL_MS)
  let outcome: T | undefined
  try {
    outcome = await change.work(() => renewals.problem)
    return outcome
  } finally {
    clearInterval(timer)
    const entries = change.entriesOf(outcome)
    const hosts = [...new Set([...place.keepers, ...Object.keys(entries)])]
    await askLock({ ...place, keepers: hosts }, { lock: 'release', holder: operator, entries })
  }
}

/** What came of asking those again who had given us the lock. */
class Renewals {
  problem: Problem | undefined
  #failures = 0

  note(locks: readonly HostLock[]): void {
    if (locks.length === 0) return this.noteFailure('no host answered')
    this.#failures = 0
    const gone = locks.find(({ state }) => state === 'lost' || state === 'held')
    if (gone === undefined) return
    const by = gone.state === 'held' ? `, and ${describeHolder(gone)} has it` : ''
    const cause = `the lock of the cluster was taken away meanwhile${by}`
    this.problem = { cause, remedy: "agree with the other operator; 'up --resume' goes on with what is not done" }
  }

  noteFailure(why: string): void {
    this.#failures += 1
    if (this.#failures < FAILED_RENEWALS_MAX) return
    const cause = `the lock of the cluster could not be renewed, so that others may have it by now: ${why}`
    this.problem = { cause, remedy: "see 'weave-provision lock status'; 'up --resume' goes on with what is not done" }
  }
}

export async function showLock(place: LockPlace): Promise<ReadonlyMap<string, HostLock>> {
  return askLock(place, { lock: 'show' })
}

/** Takes it away from whoever holds it. Returns what was there. */
export async function breakLock(place: LockPlace): Promise<ReadonlyMap<string, HostLock>> {
  return askLock(place, { lock: 'release', breaks: '*' })
}

/** Who is known to be gone does not hold anything: this machine's own processes that have ended. */
export function isDead(lock: HostLock, machine: string, markOf: (pid: number) => string | undefined): boolean {
  const pid = Number(lock.process.split(' ')[0])
  return lock.machine === machine && Number.isInteger(pid) && markOf(pid) !== lock.process
}

/** The keepers that have given it. */
async function take(place: LockPlace, operator: Operator, onlyWhereSetUp: boolean): Promise<readonly string[]> {
  const wish = { lock: 'take', holder: operator, onlyWhereSetUp } as const
  const first = await askLock(place, wish).catch(async (error: unknown) => {
    // Cut off in the middle, some have given it. Who cannot be told so now gives it to others when it is stale.
    await askLock(place, { lock: 'release', holder: operator }).catch(() => undefined)
    throw error
  })
  const held = heldBy(first)
  if (held === undefined) return givers(place, first)
  if (isDead(held, hostname(), processMark)) {
    const second = await askLock(place, { ...wish, breaks: held.id })
    const again = heldBy(second)
    if (again === undefined) return givers(place, second)
    return refuse(place, operator, again)
  }
  return refuse(place, operator, held)
}

function givers({ keepers }: LockPlace, locks: ReadonlyMap<string, HostLock>): readonly string[] {
  if (locks.size === 0) {
    const cause = `none of ${keepers.join(', ')} could be asked for the lock that keeps operators apart`
    throw new UserError({
      cause,
      remedy: 'bring one of them back, or take out those that are gone for good: remove --dead',
    })
  }
  return [...locks].filter(([, { state }]) => state === 'taken').map(([host]) => host)
}

async function refuse(place: LockPlace, operator: Operator, held: HostLock): Promise<never> {
  await askLock(place, { lock: 'release', holder: operator })
  const remedy = "wait until it has ended; if that operator is gone, 'weave-provision lock release' takes the lock away"
  throw new UserError({ cause: `the cluster is locked by ${describeHolder(held)}`, remedy })
}

function heldBy(locks: ReadonlyMap<string, HostLock>): HostLock | undefined {
  return [...locks.values()].find(({ state }) => state === 'held')
}

interface LockQuestion {
  readonly lock: 'take' | 'renew' | 'release' | 'show'
  readonly holder?: Operator
  readonly breaks?: string
  readonly entries?: Entries
  readonly onlyWhereSetUp?: boolean
}

async function askLock(place: LockPlace, question: LockQuestion): Promise<ReadonlyMap<string, HostLock>> {
  const { answers } = await place.ask({
    playbook: 'operator',
    group: place.group,
    hosts: place.keepers,
    variables: { weave_operator: question },
  })
  return new Map(
    [...answers].flatMap(([host, { value }]) => {
      const parsed = parseHostLock((value as { lock?: unknown }).lock)
      return parsed.ok ? [[host, parsed.value] as const] : []
    }),
  )
}
