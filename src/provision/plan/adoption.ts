import type { Problem } from '../../base/user-error.ts'
import { effectiveOptions } from './docker-defaults.ts'
import { BRIDGE_NAME, parseDaemonJson } from './docker-method.ts'
import { valueOfFlag } from './docker-options.ts'
import { FACT_PATHS, type HostFacts } from './host-facts.ts'

/** The names that every line of /etc/network/interfaces reads, or one of both kinds. */
export const STANZA_PATHS = ['/etc/network/interfaces.d/weave', '/etc/network/interfaces.d/weave.cfg'] as const

const STANZA = new RegExp(`^\\s*iface\\s+${BRIDGE_NAME}\\s+inet\\b`, 'm')

/** What a host that somebody else has set up tells of its number. */
export interface Adoption {
  readonly bridgeIp: string | undefined
  readonly containerRange: string | undefined
}

const NOTHING: Adoption = { bridgeIp: undefined, containerRange: undefined }

/**
 * A bridge of this name on a host that has no number yet: made by hand, by a role of old, or by us under another name of the host. Its
 * address, and the range that Docker hands out from, stay what they are, because containers have addresses from there.
 */
export function adoptionOf(facts: HostFacts | undefined): Adoption {
  if (facts === undefined) return NOTHING
  const stanza = stanzasOf(facts)[0]
  const address = (stanza === undefined ? undefined : addressIn(stanza.text)) ?? facts.bridge.addresses[0]
  if (stanza === undefined && address === undefined) return NOTHING
  return { bridgeIp: address, containerRange: rangeOf(facts) }
}

/** A stanza where ours cannot take its place would be there beside it. */
export function checkAdoption(host: string, facts: HostFacts | undefined): readonly Problem[] {
  if (facts === undefined || facts.bridge.isOurs) return []
  const stanzas = stanzasOf(facts)
  const known: readonly string[] = STANZA_PATHS
  const main = STANZA.test(facts.files[FACT_PATHS.interfaces] ?? '') ? [FACT_PATHS.interfaces] : []
  const others = [...main, ...stanzas.map(({ path }) => path).filter(path => !known.includes(path))]
  if (others.length === 0 && stanzas.length < 2) return []
  const paths = others.length > 0 ? others : stanzas.map(({ path }) => path)
  const cause = `the bridge '${BRIDGE_NAME}' of host '${host}' is set up in ${paths.join(' and ')}`
  return [{ cause, remedy: `move it, once and alone, to ${STANZA_PATHS[0]}, and run again: it takes over from there` }]
}

function stanzasOf({ bridge }: HostFacts): HostFacts['bridge']['stanzas'] {
  return bridge.stanzas.filter(({ text }) => STANZA.test(text))
}

/** Of `ip address add`, `replace`, or a line `address`. */
function addressIn(text: string): string | undefined {
  const byCommand = /\bip\s+(?:-4\s+)?a(?:ddr(?:ess)?)?\s+(?:add|replace)\s+(?:dev\s+\S+\s+)?(\d[\d.]+(?:\/\d+)?)/.exec(
    text,
  )
  return byCommand?.[1] ?? /^\s*address\s+(\d[\d.]+(?:\/\d+)?)/m.exec(text)?.[1]
}

function rangeOf({ files }: HostFacts): string | undefined {
  const flag = valueOfFlag(effectiveOptions(files[FACT_PATHS.dockerDefaults] ?? ''), '--fixed-cidr')
  const daemon = parseDaemonJson(files[FACT_PATHS.daemonJson])
  const key = daemon.ok ? daemon.value['fixed-cidr'] : undefined
  return flag ?? (typeof key === 'string' ? key : undefined)
}
