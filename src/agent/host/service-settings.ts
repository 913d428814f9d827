import { existsSync, readFileSync } from 'node:fs'
import { UserError } from '../../base/user-error.ts'
import { parseJson } from '../../contract/json-shape.ts'
import { replaceFile } from './atomic-file.ts'

/** How addresses and names are handed out (Weave rows FLAG-12 to FLAG-19). What is absent has its default. */
export interface ServiceSettings {
  /** One in CIDR form or several with commas between; empty: no addresses are handed out. */
  readonly range?: string
  /** Of the same form: handed out to those only who name the address. */
  readonly reserved?: string
  readonly defaultSubnet?: string
  /** `consensus=N`, `seed=NAME,…` or `observer`. */
  readonly initial?: string
  readonly dns?: boolean
  /** Domains of names, the search domain first, between commas. */
  readonly domain?: string
  readonly ttlSeconds?: number
  /** `IP:PORT`, or a port after a colon. */
  readonly dnsListen?: string
  readonly fallbackTimeoutMs?: number
  readonly resolvConf?: string
  readonly nearestFirst?: boolean
  /** Containers that fail their health check are answered last. */
  readonly healthChecks?: boolean
}

export function loadServices(path: string): ServiceSettings {
  if (!existsSync(path)) return {}
  const json = parseJson(readFileSync(path, 'utf8'))
  if (json.ok && typeof json.value === 'object' && json.value !== null) return json.value
  throw new UserError({ cause: `${path} is not JSON`, remedy: 'delete it, and run `weave launch` again' })
}

/** May throw. */
export function saveServices(path: string, settings: ServiceSettings): void {
  replaceFile(path, `${JSON.stringify(settings)}\n`, 0o600)
}
