import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Endpoint, isSameEndpoint } from '../../base/endpoint.ts'
import { UserError } from '../../base/user-error.ts'
import { parseJson } from '../../contract/json-shape.ts'
import { replaceFile } from './atomic-file.ts'
import type { TargetName } from './target-text.ts'

/** With what the name stood for when it was last looked up. */
interface KnownName extends TargetName {
  readonly addresses: readonly string[]
}

export interface NamedTargetsOptions {
  /** Where names are kept over restarts. */
  readonly path: string
  /** Rejects when the name has no address, or nobody can say. */
  readonly lookUp: (name: string) => Promise<readonly string[]>
  readonly connect: (targets: readonly Endpoint[]) => void
  readonly forget: (targets: readonly Endpoint[]) => void
  /** Does what may throw, then or later: a name is followed whether or not what it stands for can be kept. */
  readonly keep: (save: () => void) => void
  /** Told when a name that was known, or is new, cannot be looked up. */
  readonly unknown: (name: string, reason: string) => void
}

const NAMES_MAX = 100
const LOOK_EVERY_MS = 30_000

/**
 * Peers by name (Weave row ARG-01): a name is looked up again and again, so that a peer whose address changes is found at the one that it
 * has. A name that cannot be looked up stands for what it stood for before.
 */
export class NamedTargets {
  readonly #options: NamedTargetsOptions
  #names: readonly KnownName[]
  #timer: NodeJS.Timeout | undefined
  #isOver = false
  /** Looking up takes its time, in which more names may come. */
  #looking: Promise<void> = Promise.resolve()
  /** Begun, or waiting to begin. */
  #looks = 0
  readonly #failed = new Set<string>()

  constructor(options: NamedTargetsOptions) {
    this.#options = options
    this.#names = loadNames(options.path)
  }

  /** What the names stood for at the last look. */
  get endpoints(): readonly Endpoint[] {
    return this.#names.flatMap(endpointsOf)
  }

  /** Those that have not had an address yet. */
  get unresolved(): readonly TargetName[] {
    return this.#names.filter(({ addresses }) => addresses.length === 0)
  }

  get count(): number {
    return this.#names.length
  }

  start(): void {
    void this.look()
    this.#timer = setInterval(() => {
      if (this.#looks === 0) void this.look()
    }, LOOK_EVERY_MS)
  }

  stop(): void {
    this.#isOver = true
    clearInterval(this.#timer)
  }

  /** Looks the names up at once. `replace`: instead of all others. */
  add(names: readonly TargetName[], replace: boolean): void {
    const kept = replace ? [] : this.#names.filter(one => !names.some(other => isSame(one, other)))
    this.#save([...kept, ...names.map(name => ({ ...name, addresses: [] }))])
    if (names.length > 0) void this.look()
  }

  remove(names: readonly TargetName[]): void {
    const isGoing = (one: TargetName) => names.some(other => isSame(one, other))
    const going = this.#names.filter(isGoing)
    if (going.length === 0) return
    this.#save(this.#names.filter(one => !isGoing(one)))
    this.#options.forget(this.#ownerless(going.flatMap(endpointsOf)))
  }

  look(): Promise<void> {
    this.#looks++
    this.#looking = this.#looking.then(async () => {
      // One at a time: each that nobody answers holds one of the few threads that wait for the system.
      for (const name of this.#names) await this.#lookAt(name)
      this.#looks--
    })
    return this.#looking
  }

  async #lookAt(known: KnownName): Promise<void> {
    const { path, lookUp, connect, forget, keep, unknown } = this.#options
    const { name, port } = known
    try {
      const addresses = await lookUp(name)
      this.#failed.delete(name)
      if ([...addresses].sort().join() === [...known.addresses].sort().join()) return
      // It may have been taken away meanwhile.
      if (this.#isOver || !this.#names.includes(known)) return
      this.#names = this.#names.map(one => (one === known ? { name, port, addresses } : one))
      keep(() => saveNames(path, this.#names))
      forget(this.#ownerless(endpointsOf(known)))
      connect(addresses.map(ip => ({ ip, port })))
    } catch (cause) {
      if (!this.#failed.has(name)) unknown(name, (cause as NodeJS.ErrnoException).code ?? (cause as Error).message)
      this.#failed.add(name)
    }
  }

  /** Of what a name stood for, that for which no other name stands. */
  #ownerless(left: readonly Endpoint[]): readonly Endpoint[] {
    return left.filter(endpoint => !this.endpoints.some(one => isSameEndpoint(one, endpoint)))
  }

  #save(names: readonly KnownName[]): void {
    saveNames(this.#options.path, names)
    this.#names = names
  }
}

/** For the router of the next launch. May throw. */
export function keepNames(path: string, names: readonly TargetName[]): void {
  saveNames(
    path,
    names.map(name => ({ ...name, addresses: [] })),
  )
}

function saveNames(path: string, names: readonly KnownName[]): void {
  if (names.length > NAMES_MAX) {
    const remedy = 'forget some; peers that are connected tell each other of the rest'
    throw new UserError({ cause: `a router has at most ${NAMES_MAX} peers by name`, remedy })
  }
  if (names.length === 0 && !existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  replaceFile(path, `${JSON.stringify(names)}\n`, 0o600)
}

/** An unreadable file is as good as none: targets are a convenience, and the agent must start. */
function loadNames(path: string): readonly KnownName[] {
  if (!existsSync(path)) return []
  const json = parseJson(readFileSync(path, 'utf8'))
  return json.ok && Array.isArray(json.value) ? json.value.filter(isKnownName) : []
}

function isKnownName(value: Partial<KnownName> | null): value is KnownName {
  return typeof value?.name === 'string' && Number.isInteger(value.port) && Array.isArray(value.addresses)
}

function endpointsOf({ addresses, port }: KnownName): readonly Endpoint[] {
  return addresses.map(ip => ({ ip, port }))
}

function isSame(one: TargetName, other: TargetName): boolean {
  return one.name === other.name && one.port === other.port
}
