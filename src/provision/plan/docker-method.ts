import { ok, type Result, refused } from '../../base/result.ts'
import type { Problem } from '../../base/user-error.ts'
import { parseJson } from '../../contract/json-shape.ts'
import { effectiveOptions } from './docker-defaults.ts'
import { valueOfFlag } from './docker-options.ts'
import { FACT_PATHS, type HostFacts } from './host-facts.ts'
import type { DockerMethod, InventoryHost } from './inventory.ts'

export const BRIDGE_NAME = 'weave'

/** What Docker must be told on every host; an inventory cannot set these as extra options. */
export const OWN_KEYS = ['bridge', 'fixed-cidr', 'mtu'] as const

export interface DockerChoice {
  /** Undefined while neither the inventory nor the host has said. */
  readonly method: DockerMethod | undefined
  readonly problems: readonly Problem[]
}

/**
 * Docker refuses to start when a setting is given both as a flag and in daemon.json, so it is said in one place:
 * where the bridge is set, else where the host's Docker looks.
 */
export function chooseDockerMethod(host: InventoryHost, facts: HostFacts | undefined): DockerChoice {
  if (facts === undefined) {
    const method = host.dockerMethod
    return { method, problems: method === 'none' ? [] : refuseOptions(host) }
  }
  const method = host.dockerMethod ?? detectMethod(facts)
  if (method === 'none') return { method, problems: [] }
  return {
    method,
    problems: [...refuseOptions(host), ...refuseUnread(host, method, facts), ...refuseForeign(host, facts)],
  }
}

export function parseDaemonJson(text: string | null): Result<Readonly<Record<string, unknown>>> {
  if (text === null || text.trim() === '') return ok({})
  const json = parseJson(text)
  if (!json.ok) return json
  const isObject = typeof json.value === 'object' && json.value !== null && !Array.isArray(json.value)
  return isObject ? ok(json.value as Record<string, unknown>) : refused('not a JSON object')
}

function detectMethod(facts: HostFacts): DockerMethod {
  if (facts.dockerPackage === 'none') return 'none'
  const daemon = parseDaemonJson(facts.files[FACT_PATHS.daemonJson])
  if (daemon.ok && daemon.value.bridge !== undefined) return 'daemon-json'
  if (!readsDefaults(facts)) return 'daemon-json'
  const words = effectiveOptions(facts.files[FACT_PATHS.dockerDefaults] ?? '')
  if (words.length > 0) return 'default'
  return facts.dockerPackage === 'docker-ce' ? 'daemon-json' : 'default'
}

function readsDefaults(facts: HostFacts): boolean {
  return facts.initSystem !== 'systemd' || facts.dockerUnitReadsDefaults
}

function refuseOptions(host: InventoryHost): readonly Problem[] {
  return [...OWN_KEYS, 'bip']
    .filter(key => host.dockerOptions[key] !== undefined)
    .map(key => ({
      cause: `weave_docker_options of host '${host.name}' sets '${key}', which follows from the host's number`,
      remedy: `remove '${key}' from weave_docker_options`,
    }))
}

function refuseUnread(host: InventoryHost, method: DockerMethod, facts: HostFacts): readonly Problem[] {
  if (method !== 'default' || readsDefaults(facts)) return []
  const cause = `Docker's unit on host '${host.name}' does not read ${FACT_PATHS.dockerDefaults}`
  return [{ cause, remedy: 'set weave_docker_method to daemon-json or auto' }]
}

/** Settings of others that contradict the bridge. */
function refuseForeign(host: InventoryHost, facts: HostFacts): readonly Problem[] {
  const daemon = parseDaemonJson(facts.files[FACT_PATHS.daemonJson])
  if (!daemon.ok) {
    const cause = `${FACT_PATHS.daemonJson} on host '${host.name}' is ${daemon.error}`
    return [{ cause, remedy: `correct the file on '${host.name}'; it is left as it is` }]
  }
  const words = effectiveOptions(facts.files[FACT_PATHS.dockerDefaults] ?? '')
  const inDefaults = { bridge: valueOfFlag(words, '--bridge'), bip: valueOfFlag(words, '--bip') }
  return [
    ...foreignSettings(daemon.value).map(setting => conflict(host, setting, FACT_PATHS.daemonJson)),
    ...foreignSettings(inDefaults).map(setting => conflict(host, setting, FACT_PATHS.dockerDefaults)),
  ]
}

function foreignSettings(settings: Readonly<Record<string, unknown>>): readonly string[] {
  const { bridge, bip } = settings
  return [
    ...(bridge === undefined || bridge === BRIDGE_NAME ? [] : [`bridge ${JSON.stringify(bridge)}`]),
    ...(bip === undefined ? [] : [`bip ${JSON.stringify(bip)}`]),
  ]
}

function conflict(host: InventoryHost, setting: string, path: string): Problem {
  return {
    cause: `Docker on host '${host.name}' is set to ${setting} in ${path}`,
    remedy: 'remove that setting there, or set weave_docker_method to none for this host',
  }
}
