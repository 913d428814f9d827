/** Rules of a firewall, as far as they can stop the overlay. Pure readings of what its programs print. */

export interface Blocking {
  /** As the program printed it. */
  readonly rule: string
  readonly program: string
  readonly chain: string
  /** The command that takes it away. */
  readonly removal: string
}

export interface Door {
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
}

const STOPS = /-j (DROP|REJECT)\b/

/** Only what comes from containers: the router itself keeps its ports from them (Weave row FW-03). */
export const FROM_CONTAINERS = /(?:-i |\biif(?:name)? ")(?:docker0|br-[0-9a-f]+|weave)\b/

/** Rules in the way of packets of this protocol to this port, that no earlier rule lets through, in whatever chain. */
export function blockingPort(program: string, listing: string, door: Door): readonly Blocking[] {
  return ['INPUT', 'OUTPUT'].flatMap(chain => {
    const verdict = verdictOf({ listing, door, depth: 0 }, chain)
    if (verdict?.kind === 'accept' || (verdict === undefined && !policyOf(listing, chain, 'DROP'))) return []
    const found =
      verdict === undefined
        ? {
            rule: `policy DROP of ${chain}`,
            program,
            chain,
            removal: `${program} -I ${chain} -p ${door.protocol} --dport ${door.port} -j ACCEPT`,
          }
        : blocking(program, chain, verdict.rule)
    return [isOfUfw(listing, found.rule) ? { ...found, removal: `ufw allow ${door.port}/${door.protocol}` } : found]
  })
}

/** It would put its rules back; a rule that somebody added beside them is not its own. */
function isOfUfw(listing: string, rule: string): boolean {
  return listing.includes('-N ufw-user-input') && (rule.startsWith('policy ') || rule.startsWith('-A ufw'))
}

interface Walk {
  readonly listing: string
  readonly door: Door
  readonly depth: number
}

/** ufw has its rules five chains deep. */
const DEPTH_MAX = 12

type Verdict = { readonly kind: 'accept' } | { readonly kind: 'stop'; readonly rule: string } | undefined

/** What becomes of a packet of another host in a chain; undefined when it comes out of it at the end. */
function verdictOf(walk: Walk, chain: string): Verdict {
  const { listing, door, depth } = walk
  for (const rule of rulesOf(listing, chain)) {
    if (!concerns(rule, door.port, door.protocol) || FROM_CONTAINERS.test(rule)) continue
    const target = /-[jg] (\S+)/.exec(rule)?.[1] ?? ''
    if (target === 'ACCEPT') return { kind: 'accept' }
    if (target === 'DROP' || target === 'REJECT') return { kind: 'stop', rule }
    if (target === 'RETURN') return undefined
    const verdict = depth < DEPTH_MAX ? verdictOf({ ...walk, depth: depth + 1 }, target) : undefined
    if (verdict !== undefined) return verdict
  }
  return undefined
}

/** What forwarding between containers meets, where bridged frames are shown to it (br_netfilter). */
export function blockingForward(program: string, listing: string, bridge: string): readonly Blocking[] {
  const chains = ['DOCKER-USER', 'FORWARD'].flatMap(chain => {
    const rules = rulesOf(listing, chain)
    const stop = rules.findIndex(rule => STOPS.test(rule) && touches(rule, bridge))
    const accept = rules.findIndex(rule => /-j ACCEPT\b/.test(rule) && isBetween(rule, bridge))
    return stop !== -1 && (accept === -1 || accept > stop) ? [blocking(program, chain, rules[stop] ?? '')] : []
  })
  if (chains.length > 0 || !policyOf(listing, 'FORWARD', 'DROP')) return chains
  const isLetThrough = rulesOf(listing, 'FORWARD').some(rule => /-j ACCEPT\b/.test(rule) && isBetween(rule, bridge))
  if (isLetThrough) return []
  const removal = `${program} -I FORWARD -i ${bridge} -o ${bridge} -j ACCEPT`
  return [{ rule: 'policy DROP of FORWARD', program, chain: 'FORWARD', removal }]
}

function rulesOf(listing: string, chain: string): readonly string[] {
  return listing.split('\n').filter(line => line.startsWith(`-A ${chain} `))
}

function policyOf(listing: string, chain: string, policy: string): boolean {
  return listing.split('\n').includes(`-P ${chain} ${policy}`)
}

function concerns(rule: string, port: number, protocol: string): boolean {
  if (!new RegExp(`-p ${protocol}\\b`).test(rule)) return isForAll(rule)
  const single = /--(?:dport|sport) (\d+)(?::(\d+))?/.exec(rule)
  if (single !== null) return inRange(port, Number(single[1]), Number(single[2] ?? single[1]))
  const list = /--dports ([\d,:]+)/.exec(rule)?.[1]
  if (list === undefined) return isForAll(rule.replace(new RegExp(`-p ${protocol}\\b`), ''))
  return list.split(',').some(part => {
    const [low, high] = part.split(':').map(Number)
    return inRange(port, low ?? 0, high ?? low ?? 0)
  })
}

function inRange(port: number, low: number, high: number): boolean {
  return port >= low && port <= high
}

/** Without a protocol, a port, an interface or a state: it meets every packet to this host. */
function isForAll(rule: string): boolean {
  const plain = rule.replace(/ -[sd] 0\.0\.0\.0\/0| -m addrtype --dst-type LOCAL/g, '').replace(/ +/g, ' ')
  return /^-A \S+ +-[jg] \S+/.test(plain)
}

function touches(rule: string, bridge: string): boolean {
  const named = [...rule.matchAll(/ (!? ?)-[io] (\S+)/g)]
  if (/ -m | -p /.test(rule)) return false
  return named.length === 0 ? isForAll(rule) : named.some(([, not, name]) => not === '' && name === bridge)
}

function isBetween(rule: string, bridge: string): boolean {
  if (/ -p | --(?:ct)?state /.test(rule)) return false
  const [into, out] = [/(! )?-i (\S+)/.exec(rule), /(! )?-o (\S+)/.exec(rule)]
  const fits = (match: RegExpExecArray | null) =>
    match === null || (match[1] === undefined ? match[2] === bridge : match[2] !== bridge)
  return fits(into) && fits(out)
}

function blocking(program: string, chain: string, rule: string): Blocking {
  return { rule, program, chain, removal: `${program} ${rule.replace(/^-A/, '-D')}` }
}
