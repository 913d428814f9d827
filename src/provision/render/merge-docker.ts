import { assert } from '../../base/assert.ts'
import { effectiveOptions, isAssignment } from '../plan/docker-defaults.ts'
import { BRIDGE_NAME, type OWN_KEYS, parseDaemonJson } from '../plan/docker-method.ts'
import { flagOfKey, flagsFor, withoutFlags } from '../plan/docker-options.ts'
import type { Plan, PlannedHost } from '../plan/plan.ts'

/** What Docker is told, in the form of daemon.json. */
export type DockerSettings = Readonly<Record<string, unknown>>

export function dockerSettings(plan: Plan, host: PlannedHost): DockerSettings {
  const own: Record<(typeof OWN_KEYS)[number], unknown> = {
    bridge: BRIDGE_NAME,
    'fixed-cidr': host.containerRange,
    mtu: plan.mtu,
  }
  return { ...own, ...host.dockerOptions }
}

/**
 * /etc/default/docker with our options in place of former ones and all else kept. One line results, whatever there was: a second
 * line would win alone, and the cumulative form means nothing to systemd.
 */
export function mergeDefaults(text: string | null, settings: DockerSettings): string {
  const others = withoutFlags(effectiveOptions(text ?? ''), flagSet(settings))
  return placeAssignment(text ?? '', [...others, ...flagsFor(settings)])
}

/** /etc/default/docker without options that are said in daemon.json: given twice, they stop Docker from starting. */
export function withoutDefaults(text: string, settings: DockerSettings): string {
  const words = effectiveOptions(text)
  const kept = withoutFlags(words, flagSet(settings))
  return kept.length === words.length ? text : placeAssignment(text, kept)
}

/** daemon.json with our keys, the others' kept in their order; unchanged to the byte when it says all that already. */
export function mergeDaemonJson(text: string | null, settings: DockerSettings): string {
  const present = readDaemonJson(text)
  const isSaid = ([key, value]: [string, unknown]) => JSON.stringify(present[key]) === JSON.stringify(value)
  if (text !== null && Object.entries(settings).every(isSaid)) return text
  return formatJson({ ...present, ...settings })
}

/** daemon.json without what is said in DOCKER_OPTS. */
export function withoutDaemonJson(text: string, settings: DockerSettings): string {
  const present = readDaemonJson(text)
  const kept = Object.entries(present).filter(([key]) => !Object.hasOwn(settings, key))
  return kept.length === Object.keys(present).length ? text : formatJson(Object.fromEntries(kept))
}

function flagSet(settings: DockerSettings): ReadonlySet<string> {
  return new Set(Object.keys(settings).map(flagOfKey))
}

/** Puts the line where the first assignment is, and drops the later ones. */
function placeAssignment(text: string, words: readonly string[]): string {
  const assignment = `DOCKER_OPTS="${words.map(forDoubleQuotes).join(' ')}"`
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  const first = lines.findIndex(isAssignment)
  const placed = lines.flatMap((line, i) => (i === first ? [assignment] : isAssignment(line) ? [] : [line]))
  return `${(first === -1 ? [...placed, assignment] : placed).join('\n')}\n`
}

/** Words came out of quotes of one kind or the other; the line has double ones. */
function forDoubleQuotes(word: string): string {
  return word.replace(/(?<!\\)"/g, '\\"')
}

function readDaemonJson(text: string | null): Readonly<Record<string, unknown>> {
  const parsed = parseDaemonJson(text)
  assert(parsed.ok, 'the plan refuses a daemon.json that is not a JSON object')
  return parsed.value
}

function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
