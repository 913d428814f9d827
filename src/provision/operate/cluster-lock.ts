import { hostname } from 'node:os'
import { UserError } from '../../base/user-error.ts'
import type { Reach } from '../apply/apply-playbook.ts'
import { askHosts } from '../apply/ask-hosts.ts'
import { processMark } from '../lock/run-lock.ts'
import { describeHolder, type HostLock, type Operator, parseHostLock } from './operator.ts'

/**
 * The lock lies on the hosts with the lowest numbers, which are the same for every operator, however old his inventory is: a few,
 * so that one that is away does not matter, and that a large cluster is not asked as a whole.
 */
const KEEPERS_MAX = 5
const RENEWAL_MS = 240_000

export interface LockPlace {
  readonly reach: Reach
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
  readonly work: () => Promise<T>
  /** Of work that has thrown, there is no outcome. */
  readonly entriesOf: (outcome: T | undefined) => Entries
}

/** Holds the lock while the work lasts, renews it, and gives it back with lines for the log, however the work ends. */
export async function withClusterLock<T>(place: LockPlace, operator: Operator, change: LockedChange<T>): Promise<T> {
  await take(place, operator)
  const timer = setInterval(() => {
    // A renewal that fails is made up for by the next one; the lock is stale only after several.
    askLock(place, { lock: 'renew', holder: operator }).catch(() => undefined)
  }, RENEWAL_MS)
  let outcome: T | undefined
  try {
    outcome = await change.work()
    return outcome
  } finally {
    clearInterval(timer)
    const entries = change.entriesOf(outcome)
    const hosts = [...new Set([...place.keepers, ...Object.keys(entries)])]
    await askLock({ ...place, keepers: hosts }, { lock: 'release', holder: operator, entries })
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

async function take(place: LockPlace, operator: Operator): Promise<void> {
  const first = await askLock(place, { lock: 'take', holder: operator })
  const held = heldBy(first)
  if (held === undefined) return
  if (isDead(held, hostname(), processMark)) {
    const second = await askLock(place, { lock: 'take', holder: operator, breaks: held.id })
    const again = heldBy(second)
    if (again === undefined) return
    return refuse(place, operator, again)
  }
  return refuse(place, operator, held)
}

async function refuse(place: LockPlace, operator: Operator, held: HostLock): Promise<never> {
  await askLock(place, { lock: 'release', holder: operator })
  const remedy = "wait until it has ended; if that operator is gone, 'weave-provision lock release' takes the lock away"
  throw new UserError({ cause: `the cluster is locked by ${describeHolder(held)}`, remedy })
}

function heldBy(locks: ReadonlyMap<string, HostLock>): HostLock | undefined {
  return [...locks.values()].find(({ state }) => state === 'held')
}

async function askLock(
  place: LockPlace,
  question: { lock: 'take' | 'renew' | 'release' | 'show'; holder?: Operator; breaks?: string; entries?: Entries },
): Promise<ReadonlyMap<string, HostLock>> {
  const { answers } = await askHosts(place.reach, {
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
