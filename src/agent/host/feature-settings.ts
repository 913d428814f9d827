import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../../base/user-error.ts'
import { parseJson } from '../../contract/json-shape.ts'
import { replaceFile } from './atomic-file.ts'

/** What the flags of the last launch say of the API and of Docker (Weave rows FLAG-21, FLAG-23, FLAG-37 to FLAG-39, FLAG-43, FLAG-44). Absent: the default. */
export interface FeatureSettings {
  /** `IP:PORT`, or the absolute path of a unix socket; '' for none. */
  readonly httpAddress?: string
  readonly statusAddress?: string
  readonly metricsAddress?: string
  readonly plugin?: boolean
  readonly proxy?: boolean
  /** False: frames take the sleeve, whatever is trusted. */
  readonly fastdp?: boolean
  /** Of the bridge, on a host without a provisioner. */
  readonly mtu?: number
  /** `unix:///PATH`, where Docker is asked; '' for a host without Docker. */
  readonly dockerApi?: string
  /** The device of Docker's own network. */
  readonly dockerBridge?: string
  /** The device of the overlay, on a host without a provisioner. */
  readonly weaveBridge?: string
}

/** The device of Docker's own network, where nobody said otherwise. */
export const DEFAULT_DOCKER_BRIDGE = 'docker0'

export function loadFeatures(path: string): FeatureSettings {
  if (!existsSync(path)) return {}
  const json = parseJson(readFileSync(path, 'utf8'))
  if (json.ok && typeof json.value === 'object' && json.value !== null) return json.value
  throw new UserError({ cause: `${path} is not JSON`, remedy: 'delete it, and run `weave launch` again' })
}

/** What is given takes the place of what was said before; the rest stays. May throw. */
export function saveFeatures(path: string, given: FeatureSettings): void {
  if (Object.keys(given).length === 0) return
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  replaceFile(path, `${JSON.stringify({ ...loadFeatures(path), ...given })}\n`, 0o600)
}
