import { readFileSync } from 'node:fs'
import { isDomainName } from '../../base/domain-name.ts'
import { type Endpoint, parseEndpoint, splitPort } from '../../base/endpoint.ts'
import { ok, type Result, refused } from '../../base/result.ts'

/** A peer whose addresses are its name's, at the time. */
export interface TargetName {
  readonly name: string
  readonly port: number
}

export interface Targets {
  readonly endpoints: readonly Endpoint[]
  readonly names: readonly TargetName[]
}

const SERVICES = '/etc/services'

/** `ADDRESS[:PORT]`, `[IPV6][:PORT]` or `NAME[:PORT]` (Weave row ARG-01), a port by its number or its service's name. All or none. */
export function parseTargets(texts: readonly string[], defaultPort: number): Result<Targets> {
  const endpoints: Endpoint[] = []
  const names: TargetName[] = []
  for (const given of texts) {
    const text = given.replace(/:([A-Za-z][\w-]*)$/, (whole, service) => portOfService(service) ?? whole)
    const endpoint = parseEndpoint(text, defaultPort)
    const named = nameOf(text, defaultPort)
    if (endpoint.ok) endpoints.push(endpoint.value)
    else if (named !== undefined) names.push(named)
    else return refused(`'${given}' is not a peer: ${endpoint.error}`)
  }
  return ok({ endpoints, names })
}

export function formatTargetName({ name, port }: TargetName): string {
  return `${name}:${port}`
}

function nameOf(text: string, defaultPort: number): TargetName | undefined {
  const { host, port = defaultPort } = splitPort(text)
  const isName = isDomainName(host.replace(/\.$/, '')) && !/^[\d.]+$/.test(host)
  return isName && port >= 1 && port <= 65_535 ? { name: host.toLowerCase(), port } : undefined
}

/** As `getservbyname` finds it, with a colon in front; undefined when there is none, or no such file on this host. */
function portOfService(name: string): string | undefined {
  let text = ''
  try {
    text = readFileSync(SERVICES, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
  const entries = text.split('\n').map(line => line.replace(/#.*/, '').trim().split(/\s+/))
  const found = entries.find(
    ([first, port, ...aliases]) => port?.endsWith('/tcp') && [first, ...aliases].includes(name),
  )
  return found && `:${found[1]?.replace('/tcp', '')}`
}
