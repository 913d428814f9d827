import { assert } from '../../base/assert.ts'
import { effectiveOptions, isAssignment } from '../plan/docker-defaults.ts'
import { BRIDGE_NAME, type OWN_KEYS, parseDaemonJson } from '../plan/docker-method.ts'
import { flagOfKey, flagsFor, type OptionWords, onlyFlags, valuesOfFlag, withoutFlags } from '../plan/docker-options.ts'
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

/** What Docker is to be told, and what an earlier run has told it. */
export interface DockerMerge {
  readonly settings: DockerSettings
  /** Settings of ours that are wanted no longer. Those that somebody has changed since are his. */
  readonly dropped: DockerSettings
  /** The file as it was before us: what it said of dropped settings comes back. */
  readonly original: string | null
}

/**
 * /etc/default/docker with our options in place of former ones and all else kept. One line results, whatever there was: a second
 * line would win alone, and the cumulative form means nothing to systemd.
 */
export function mergeDefaults(text: string | null, merge: DockerMerge): string {
  const others = othersInDefaults(effectiveOptions(text ?? ''), merge)
  return placeAssignment(text ?? '', [...others, ...flagsFor(merge.settings)])
}

/** /etc/default/docker without options that are said in daemon.json: given twice, they stop Docker from starting. */
export function withoutDefaults(text: string, merge: DockerMerge): string {
  const words = effectiveOptions(text)
  const kept = othersInDefaults(words, merge)
  return kept.join(' ') === words.join(' ') ? text : placeAssignment(text, kept)
}

/** daemon.json with our keys, the others' kept in their order; unchanged to the byte when it says all that already. */
export function mergeDaemonJson(text: string | null, merge: DockerMerge): string {
  const present = readDaemonJson(text)
  const merged = { ...othersInDaemonJson(present, merge), ...merge.settings }
  return text !== null && saysTheSame(present, merged) ? text : formatJson(merged)
}

/** daemon.json without what is said in DOCKER_OPTS. */
export function withoutDaemonJson(text: string, merge: DockerMerge): string {
  const present = readDaemonJson(text)
  const { settings } = merge
  const kept = Object.entries(othersInDaemonJson(present, merge)).filter(([key]) => !Object.hasOwn(settings, key))
  return saysTheSame(present, Object.fromEntries(kept)) ? text : formatJson(Object.fromEntries(kept))
}

/** A dropped setting that is not there was taken to the other file by us: what was here before us comes back all the same. */
function othersInDefaults(words: OptionWords, { settings, dropped, original }: DockerMerge): OptionWords {
  const isOurs = ([key, value]: [string, unknown]) => {
    const present = valuesOfFlag(words, flagOfKey(key))
    const told = valuesOfFlag(flagsFor({ [key]: value }), flagOfKey(key))
    return present.length === 0 || JSON.stringify(present) === JSON.stringify(told)
  }
  const gone = flagSet(Object.fromEntries(Object.entries(dropped).filter(isOurs)))
  const back = onlyFlags(effectiveOptions(original ?? ''), gone)
  return [...withoutFlags(words, new Set([...flagSet(settings), ...gone])), ...back]
}

function othersInDaemonJson(present: DockerSettings, { dropped, original }: DockerMerge): DockerSettings {
  const isOurs = ([key, value]: [string, unknown]) =>
    !Object.hasOwn(present, key) || JSON.stringify(present[key]) === JSON.stringify(value)
  const gone = new Set(
    Object.entries(dropped)
      .filter(isOurs)
      .map(([key]) => key),
  )
  const before = Object.entries(readDaemonJson(original)).filter(([key]) => gone.has(key))
  const kept = Object.entries(present).filter(([key]) => !gone.has(key))
  return Object.fromEntries([...kept, ...before])
}

function saysTheSame(a: DockerSettings, b: DockerSettings): boolean {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return keys.every(key => JSON.stringify(a[key]) === JSON.stringify(b[key]))
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

function readDaemonJson(text: string | null): DockerSettings {
  const parsed = parseDaemonJson(text)
  assert(parsed.ok, 'the plan refuses a daemon.json that is not a JSON object')
  return parsed.value
}

function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
