import type { Problem } from '../../base/user-error.ts'
import type { LockedHost, Tombstone } from './lock.ts'

export interface NumberRequest {
  readonly name: string
  /** The number that the inventory insists on. */
  readonly wanted: number | undefined
}

export interface NumberingInput {
  readonly requests: readonly NumberRequest[]
  readonly locked: readonly Pick<LockedHost, 'name' | 'index'>[]
  readonly tombstones: readonly Tombstone[]
  readonly max: number
  readonly remedyForExhaustion: string
}

export interface Numbering {
  readonly numbers: ReadonlyMap<string, number>
  readonly tombstones: readonly Tombstone[]
  readonly problems: readonly Problem[]
}

/**
 * Gives each host its number for life: the one the inventory insists on, else the locked one, else the one it had before it was
 * removed, else the smallest that nobody has or had. Only when all are used up does the number go to another host that has
 * been free for longest. The order of the requests does not matter.
 */
export function allocateNumbers(input: NumberingInput): Numbering {
  const allocation = new Allocation(input)
  const requests = [...input.requests].sort((a, b) => compareNames(a.name, b.name))
  for (const { name, wanted } of requests) if (wanted !== undefined) allocation.takeWanted(name, wanted)
  const others = requests.filter(({ wanted }) => wanted === undefined).map(({ name }) => name)
  const unlocked = others.filter(name => !allocation.takeLocked(name))
  const unknown = unlocked.filter(name => !allocation.takeBuried(name))
  const homeless = unknown.filter(name => !allocation.takeFree(name))
  return allocation.finish(homeless)
}

/** `host2` before `host10`, and the same everywhere: the locale of the machine does not matter. */
export function compareNames(a: string, b: string): number {
  return COLLATOR.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)
}

const COLLATOR = new Intl.Collator('en', { numeric: true })

class Allocation {
  readonly #input: NumberingInput
  readonly #locked: ReadonlyMap<string, number>
  readonly #ownerOf = new Map<number, string>()
  readonly #numbers = new Map<string, number>()
  readonly #problems: Problem[] = []
  /** Longest gone first, and at the end those that go with this very change. */
  readonly #buried: readonly Tombstone[]

  constructor(input: NumberingInput) {
    this.#input = input
    this.#locked = new Map(input.locked.map(({ name, index }) => [name, index]))
    this.#buried = [...input.tombstones, ...leavers(input)]
  }

  takeWanted(name: string, wanted: number): void {
    const owner = this.#ownerOf.get(wanted)
    if (wanted < 1 || wanted > this.#input.max) this.#refuseOutside(name, wanted)
    else if (owner !== undefined) this.#refuseTaken({ name, wanted, owner })
    else this.#take(name, wanted)
  }

  takeLocked(name: string): boolean {
    const index = this.#locked.get(name)
    if (index === undefined) return false
    const owner = this.#ownerOf.get(index)
    if (index > this.#input.max) this.#refuseOutside(name, index)
    else if (owner !== undefined) this.#refuseTaken({ name: owner, wanted: index, owner: name })
    else this.#take(name, index)
    return true
  }

  takeBuried(name: string): boolean {
    const grave = this.#buried.findLast(tombstone => tombstone.name === name && this.#isUsable(tombstone.index))
    if (grave === undefined) return false
    this.#take(name, grave.index)
    return true
  }

  takeFree(name: string): boolean {
    const had = new Set(this.#buried.map(({ index }) => index))
    for (let index = 1; index <= this.#input.max; index++) {
      if (this.#isUsable(index) && !had.has(index)) return this.#take(name, index)
    }
    const oldest = this.#buried.find(({ index }) => this.#isUsable(index))
    return oldest !== undefined && this.#take(name, oldest.index)
  }

  finish(homeless: readonly string[]): Numbering {
    const [first] = homeless
    if (first !== undefined) {
      const { requests, max, remedyForExhaustion } = this.#input
      const rest = homeless.length > 1 ? ` and ${homeless.length - 1} more` : ''
      const cause = `host ${requests.length} of ${max}: '${first}'${rest} would find no container range`
      this.#problems.push({ cause, remedy: remedyForExhaustion })
    }
    const graves = new Map(
      this.#buried.filter(({ index }) => !this.#ownerOf.has(index)).map(grave => [grave.index, grave] as const),
    )
    return { numbers: this.#numbers, tombstones: [...graves.values()], problems: this.#problems }
  }

  #isUsable(index: number): boolean {
    return index >= 1 && index <= this.#input.max && !this.#ownerOf.has(index)
  }

  #take(name: string, index: number): true {
    this.#ownerOf.set(index, name)
    this.#numbers.set(name, index)
    return true
  }

  #refuseOutside(name: string, index: number): void {
    const cause = `host '${name}' has number ${index}, but numbers go from 1 to ${this.#input.max}`
    const remedy = index < 1 ? `give it a weave_index from 1 to ${this.#input.max}` : this.#input.remedyForExhaustion
    this.#problems.push({ cause, remedy })
  }

  #refuseTaken(clash: { name: string; wanted: number; owner: string }): void {
    const { name, wanted, owner } = clash
    const cause = `hosts '${owner}' and '${name}' have the same number ${wanted}`
    this.#problems.push({ cause, remedy: `change weave_index of '${name}' or set another for '${owner}'` })
  }
}

/** Numbers that come free with this change: of removed hosts, and of hosts that the inventory moves to another number. */
function leavers(input: NumberingInput): readonly Tombstone[] {
  const wanted = new Map(input.requests.map(request => [request.name, request.wanted]))
  return input.locked
    .filter(({ name, index }) => !wanted.has(name) || (wanted.get(name) ?? index) !== index)
    .map(({ name, index }) => ({ name, index }))
    .sort((a, b) => compareNames(a.name, b.name))
}
