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
const FROM_CONTAINERS = /(?:-i |\biif(?:name)? ")(?:docker0|br-[0-9a-f]+|weave)\b/

/** Rules in the way of packets of this protocol to this port, that no earlier rule of the same chain lets through. */
export function blockingPort(program: string, listing: string, door: Door): readonly Blocking[] {
  const { port, protocol } = door
  return ['INPUT', 'OUTPUT'].flatMap(chain => {
    const rules = rulesOf(listing, chain).filter(rule => concerns(rule, port, protocol) && !FROM_CONTAINERS.test(rule))
    const first = rules.find(rule => STOPS.test(rule) || /-j ACCEPT\b/.test(rule))
    if (first !== undefined && STOPS.test(first)) return [blocking(program, chain, first)]
    if (first !== undefined || !policyOf(listing, chain, 'DROP')) return []
    const removal = `${program} -I ${chain} -p ${protocol} --dport ${port} -j ACCEPT`
    return [{ rule: `policy DROP of ${chain}`, program, chain, removal }]
  })
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

/** Lines of an nftables ruleset that drop the port: which chain they are in is for a person to see. */
export function blockingNft(ruleset: string, port: number, protocol: 'tcp' | 'udp'): readonly string[] {
  const isRule = new RegExp(`\\b${protocol} dport (${port}|\\{[^}]*\\b${port}\\b[^}]*\\})[^\\n]*\\b(drop|reject)\\b`)
  return ruleset
    .split('\n')
    .map(line => line.trim())
    .filter(line => isRule.test(line) && !FROM_CONTAINERS.test(line))
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

/** Without a protocol, a port, an interface or a state: it meets every packet. */
function isForAll(rule: string): boolean {
  return /^-A \S+ +(-j (DROP|REJECT|ACCEPT)\b.*)$/.test(rule.replace(/ -[sd] 0\.0\.0\.0\/0/g, '').replace(/ +/g, ' '))
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
