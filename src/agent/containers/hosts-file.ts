import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerDetails } from '../docker/docker-shapes.ts'
import { overwriteInPlace } from './overwrite-in-place.ts'

const MARK = '# weave:'

/** `HOST:IP` of `--add-host`, as a line of a hosts file. */
export function hostLine(extra: string): string {
  const at = extra.indexOf(':')
  return `${extra.slice(at + 1)}\t${extra.slice(0, at)}`
}

/**
 * The container's own names lead to its addresses on the overlay (Weave row PRX-06). Written into the file that Docker made:
 * it is mounted, and another in its place would not be seen inside.
 */
export function rewriteHosts(
  container: Pick<ContainerDetails, 'hostsPath' | 'hostname' | 'domain'>,
  addresses: readonly string[],
  extraHosts: readonly string[],
): void {
  if (container.hostsPath === '') return
  const change = (text: string) => hostsText(text, { ...container, addresses, extraHosts })
  overwriteInPlace(unhidden(container.hostsPath), change)
}

/**
 * The router's unit hides home folders from it, and Docker may keep its data in one: what is not to be seen is looked for where the
 * host's first process sees it.
 */
export function unhidden(path: string, rootOfFirst = '/proc/1/root'): string {
  const seenByFirst = join(rootOfFirst, path)
  return !existsSync(path) && existsSync(seenByFirst) ? seenByFirst : path
}

interface HostsWish {
  readonly hostname: string
  readonly domain: string
  /** Without prefix lengths. None: the container has left the overlay. */
  readonly addresses: readonly string[]
  readonly extraHosts: readonly string[]
}

/** Lines of ours go; lines of Docker's that give the container's own name another address are set aside while ours are there. */
export function hostsText(before: string, wish: HostsWish): string {
  const { hostname, domain, addresses, extraHosts } = wish
  const theirs = before
    .split('\n')
    .filter(line => !line.endsWith(MARK.trim()) || line.startsWith(MARK))
    .map(line => (line.startsWith(MARK) ? line.slice(MARK.length) : line))
  if (addresses.length === 0) return theirs.join('\n')
  const names = domain === '' ? hostname : `${hostname}.${domain} ${hostname}`
  const ours = [...addresses.map(address => `${address}\t${names}`), ...extraHosts.map(hostLine)]
  const kept = theirs.map(line => (namesOf(line).includes(hostname) ? `${MARK}${line}` : line))
  return [...ours.map(line => `${line}\t${MARK.trim()}`), ...kept].join('\n')
}

function namesOf(line: string): readonly string[] {
  const [, ...names] = (line.split('#')[0] ?? '').split(/\s+/)
  return names.filter(name => name !== '')
}
