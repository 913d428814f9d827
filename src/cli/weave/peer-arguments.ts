import { addressesOfName } from '../../agent/host/look-up.ts'
import { formatTargetName, parseTargets, type Targets } from '../../agent/host/target-text.ts'
import { parseInterfaceAddress } from '../../base/cidr.ts'
import { formatEndpoint } from '../../base/endpoint.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import { warn } from './report.ts'

export const NO_TARGETS: Targets = { endpoints: [], names: [] }

/** `ip_or_name[:port]`, each (Weave row ARG-01), IPv6 as `[ip]:port`. */
export function parsePeers(peers: readonly string[], defaultPort = CONTROL_PORT): Targets {
  const targets = parseTargets(peers, defaultPort)
  if (targets.ok) return targets.value
  throw new UserError(
    { cause: targets.error, remedy: 'give a peer as ADDRESS[:PORT], [IPV6][:PORT] or NAME[:PORT]' },
    EXIT_CODES.badInput,
  )
}

/** A name may get its address later, as a peer may come later; one that was mistyped never does. */
export async function tellOfUnknown({ names }: Targets): Promise<void> {
  await Promise.all(
    names.map(async ({ name }) => {
      try {
        await addressesOfName(name)
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException
        warn(`the name '${name}' has no address (${code}); it is looked up again and again`)
      }
    }),
  )
}

/** As the router takes them. */
export function peerForm({ endpoints, names }: Targets): URLSearchParams {
  const form = new URLSearchParams()
  for (const peer of [...endpoints.map(formatEndpoint), ...names.map(formatTargetName)]) form.append('peer', peer)
  return form
}

/** `weave launch` once took the router's own address first (Weave row OLD-01). */
export function withoutOwnAddress(peers: readonly string[]): readonly string[] {
  const [first = '', ...others] = peers
  if (!parseInterfaceAddress(first).ok) return peers
  warn(`'${first}' is ignored: a router needs no address of its own`)
  return others
}

export function countOf({ endpoints, names }: Targets): number {
  return endpoints.length + names.length
}
