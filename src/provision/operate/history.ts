import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { parseJson } from '../../contract/json-shape.ts'
import { writeAtomically } from '../files/atomic-write.ts'
import { parseSerial, type Serial } from '../plan/batches.ts'
import type { Inventory } from '../plan/inventory.ts'
import type { Operator } from './operator.ts'

/** One apply, as it is kept beside the inventory. */
export interface Apply {
  readonly format: 1
  readonly number: number
  readonly startedAt: string
  readonly endedAt: string | null
  /** `running` is what a run leaves that was killed. */
  readonly outcome: 'running' | 'done' | 'failed' | 'interrupted'
  readonly operator: Operator
  readonly release: string
  /** The apply whose inventory was gone back to. */
  readonly rollbackTo: number | null
  readonly options: {
    readonly serial: string | null
    readonly canary: string | null
    readonly limit: readonly string[]
  }
  readonly hosts: readonly string[]
  readonly done: readonly string[]
  /** Whose hook `before` has been called, and not the one `after`. Applies of before this was kept do not say. */
  readonly drained?: readonly string[]
  readonly changedFiles: number
  /** What the inventory said, in typed values: enough to go back to it. */
  readonly inventory: Inventory
}

export const HISTORY_FOLDER = '.weave.history'
const KEPT_MAX = 50

export class History {
  readonly #folder: string

  constructor(inventoryFolder: string) {
    this.#folder = join(inventoryFolder, HISTORY_FOLDER)
  }

  /** The oldest first. A file that cannot be read is an error: silence would count it as never applied. */
  all(): readonly Apply[] {
    return this.#names().map(name => this.#read(name))
  }

  get(number: number): Apply {
    const found = this.all().find(apply => apply.number === number)
    if (found !== undefined) return found
    const remedy = "'weave-provision history' lists those that are kept"
    throw new UserError({ cause: `no apply ${number} is kept`, remedy }, EXIT_CODES.badInput)
  }

  nextNumber(): number {
    return (this.all().at(-1)?.number ?? 0) + 1
  }

  /** Written before the first change, and again with each batch and at the end. */
  keep(apply: Apply): void {
    if (!existsSync(this.#folder)) mkdirSync(this.#folder, { mode: 0o700 })
    writeAtomically(join(this.#folder, nameOf(apply.number)), `${JSON.stringify(apply, null, 2)}\n`, 0o600)
    for (const name of this.#names().slice(0, -KEPT_MAX)) this.#forget(name)
  }

  #names(): readonly string[] {
    if (!existsSync(this.#folder)) return []
    return readdirSync(this.#folder)
      .filter(name => /^\d{6}\.json$/.test(name))
      .sort()
  }

  #read(name: string): Apply {
    const path = join(this.#folder, name)
    const json = parseJson(readFileSync(path, 'utf8'))
    const apply = json.ok ? (json.value as Partial<Apply> | null) : null
    if (apply?.format === 1 && Array.isArray(apply.inventory?.hosts) && apply.operator !== undefined)
      return apply as Apply
    const remedy = 'restore it, or remove it: that apply can then not be gone back to'
    throw new UserError({ cause: `the kept apply ${path} is damaged`, remedy }, EXIT_CODES.badInput)
  }

  #forget(name: string): void {
    rmSync(join(this.#folder, name), { force: true })
  }
}

/** The last one that came to its good end and said something else than the present inventory. */
export function applyToGoBackTo(applies: readonly Apply[]): Apply {
  const last = applies.at(-1)
  const found = applies.findLast(
    apply => apply.outcome === 'done' && JSON.stringify(apply.inventory) !== JSON.stringify(last?.inventory),
  )
  if (found !== undefined) return found
  const remedy = "'weave-provision history' lists what is kept; give a number"
  throw new UserError({ cause: 'there is no earlier apply to go back to', remedy }, EXIT_CODES.badInput)
}

/**
 * The newest one that did not come to its end, unless later ones with `--limit` have seen to all the hosts it had left. One without
 * sees to everything.
 */
export function unfinishedApply(applies: readonly Apply[]): Apply | undefined {
  const seenTo = new Set<string>()
  for (const apply of applies.toReversed()) {
    const left = apply.hosts.filter(host => !apply.done.includes(host) && !seenTo.has(host))
    if (apply.outcome !== 'done' && (left.length > 0 || apply === applies.at(-1))) return apply
    if (apply.options.limit.length === 0) return undefined
    for (const host of apply.options.limit) seenTo.add(host)
  }
  return undefined
}

/** What `--resume` goes on with. */
export function applyToResume(applies: readonly Apply[]): Apply {
  const unfinished = unfinishedApply(applies)
  if (unfinished !== undefined) return unfinished
  const last = applies.at(-1)
  const cause = last === undefined ? 'nothing was applied yet' : `apply ${last.number} came to its end`
  throw new UserError(
    { cause: `${cause}: there is nothing to resume`, remedy: 'leave out --resume' },
    EXIT_CODES.badInput,
  )
}

/** What an apply that was stopped has left: the next one takes these hosts up again. */
export function drainedAtEnd(applies: readonly Apply[]): readonly string[] {
  return applies.at(-1)?.drained ?? []
}

/** How its batches were made; undefined where nothing was asked for. */
export interface Resumption {
  readonly limit?: readonly string[]
  readonly serial?: Serial
  readonly canary?: string
  readonly message: string
}

/** A canary that was not done goes first again, and alone. */
export function resumptionOf({ options, operator }: Apply): Resumption {
  const serial = options.serial === null ? undefined : parseSerial(options.serial)
  return {
    ...(options.limit.length > 0 ? { limit: options.limit } : {}),
    ...(serial?.ok === true ? { serial: serial.value } : {}),
    ...(options.canary === null ? {} : { canary: options.canary }),
    message: operator.message,
  }
}

function nameOf(number: number): string {
  return `${String(number).padStart(6, '0')}.json`
}
