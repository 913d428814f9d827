import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { type Endpoint, formatEndpoint, parseEndpoint } from '../../base/endpoint.ts'
import type { SignedManifest } from '../../contract/cluster-manifest.ts'
import { parseJson, ShapeReader } from '../../contract/json-shape.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import type { AgentPaths } from './agent-paths.ts'
import { replaceFile } from './atomic-file.ts'

/** What the agent remembers beyond its configuration. */
export class StateStore {
  readonly #paths: AgentPaths

  constructor(paths: AgentPaths) {
    this.#paths = paths
    mkdirSync(paths.state, { recursive: true, mode: 0o700 })
  }

  /** What the router stored of addresses or names; undefined when there is nothing. */
  readShared(what: 'addresses' | 'names'): string | undefined {
    const path = what === 'addresses' ? this.#paths.addresses : this.#paths.names
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  }

  /** May throw. */
  saveShared(what: 'addresses' | 'names', text: string): void {
    replaceFile(what === 'addresses' ? this.#paths.addresses : this.#paths.names, text, 0o600)
  }

  /** May throw: the disk can be full. */
  saveManifest(signed: SignedManifest): void {
    replaceFile(this.#paths.learntManifest, JSON.stringify(signed), 0o600)
  }

  /** The short id that this router took in an open cluster; undefined when it has kept its first choice. */
  shortId(): number | undefined {
    if (!existsSync(this.#paths.shortId)) return undefined
    const shortId = Number(readFileSync(this.#paths.shortId, 'utf8'))
    return Number.isInteger(shortId) && shortId >= 1 && shortId <= 4095 ? shortId : undefined
  }

  /** May throw. */
  saveShortId(shortId: number): void {
    replaceFile(this.#paths.shortId, `${shortId}\n`, 0o600)
  }

  /**
   * The configured targets with what the operator added to them and took away. An unreadable file is as good as none: targets
   * are a convenience, and the agent must start.
   */
  targets(configured: readonly string[]): readonly Endpoint[] {
    const { added, forgotten } = this.#readChanges()
    const wanted = [...configured.filter(target => !forgotten.includes(target)), ...added]
    return [...new Set(wanted)].flatMap(target => {
      const endpoint = parseEndpoint(target, CONTROL_PORT)
      return endpoint.ok ? [endpoint.value] : []
    })
  }

  /** Keeps the difference, so that later changes of the configuration take effect. May throw. */
  saveTargets(current: readonly Endpoint[], configured: readonly string[]): void {
    const wanted = current.map(formatEndpoint)
    const usual = configured.map(normalise)
    const changes: TargetChanges = {
      added: wanted.filter(target => !usual.includes(target)),
      forgotten: configured.filter(target => !wanted.includes(normalise(target))),
    }
    replaceFile(this.#paths.targets, `${JSON.stringify(changes)}\n`, 0o600)
  }

  #readChanges(): TargetChanges {
    const none = { added: [], forgotten: [] }
    if (!existsSync(this.#paths.targets)) return none
    const json = parseJson(readFileSync(this.#paths.targets, 'utf8'))
    const shape = new ShapeReader(json.ok ? json.value : none)
    const changes = shape.result({ added: shape.texts('added'), forgotten: shape.texts('forgotten') })
    return changes.ok ? changes.value : none
  }
}

interface TargetChanges {
  readonly added: readonly string[]
  readonly forgotten: readonly string[]
}

/** With its port. */
function normalise(target: string): string {
  const endpoint = parseEndpoint(target, CONTROL_PORT)
  return endpoint.ok ? formatEndpoint(endpoint.value) : target
}
