import { HOST_PATHS } from '../../contract/host-paths.ts'
import { BRIDGE_PATHS } from '../render/bridge-files.ts'

/** What its service needs for a change of a file to take effect. */
export type Need = 'nothing' | 'reload' | 'restart'

const NEEDS: readonly Need[] = ['nothing', 'reload', 'restart']

/** What a running router takes up when it is told to; of JSON files that list keys, only these. The role says the same. */
export const RELOADS: Readonly<Record<string, readonly string[]>> = {
  [HOST_PATHS.agentConfig]: ['targets'],
  [HOST_PATHS.manifest]: [],
  [HOST_PATHS.certificate]: [],
  [HOST_PATHS.clusterCertificate]: [],
  [HOST_PATHS.admissionKey]: [],
}

/** Files beside the router that it never reads. */
export const INERT: readonly string[] = [
  '/etc/logrotate.d/weave',
  '/etc/network/interfaces',
  ...Object.values(BRIDGE_PATHS).flat(),
  '/etc/network/interfaces.d/weave.cfg',
  '/usr/local/lib/weave/assert-bridge',
]

export function greatest(...needs: readonly Need[]): Need {
  return needs.reduce((a, b) => (NEEDS.indexOf(b) > NEEDS.indexOf(a) ? b : a), 'nothing')
}

/** Of the router. `before` is null when there was no such file, or when its text is not known. */
export function routerNeed(path: string, before: string | null, after: string): Need {
  if (INERT.includes(path)) return 'nothing'
  const keys = RELOADS[path]
  if (keys === undefined) return 'restart'
  return keys.length === 0 || differsOnlyIn(keys, before, after) ? 'reload' : 'restart'
}

function differsOnlyIn(keys: readonly string[], before: string | null, after: string): boolean {
  const [old, fresh] = [parsedObject(before), parsedObject(after)]
  if (old === undefined || fresh === undefined) return false
  const all = new Set([...Object.keys(old), ...Object.keys(fresh)])
  return [...all].every(key => keys.includes(key) || JSON.stringify(old[key]) === JSON.stringify(fresh[key]))
}

function parsedObject(text: string | null): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

export function toNeed(text: string | undefined): Need {
  return NEEDS.find(need => need === text) ?? 'nothing'
}
