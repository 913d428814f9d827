import { formatIpNetwork, type IpNetwork } from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import { FAST_PATH_PORT, TUNNEL_PORT } from '../../contract/ports.ts'
import { hasIpv6 } from './ipv6.ts'
import { loadLibc } from './libc.ts'
import { type ChainPlace, mayHaveChain } from './rule-chains.ts'
import { hasJump, type Jump } from './rule-jumps.ts'
import { runAside, tryAside } from './run-aside.ts'
import { type Argv, tryCommand } from './run-command.ts'

export interface ExposedSubnet {
  readonly subnet: IpNetwork
  /** Traffic between the subnet and the world outside carries the host's address. */
  readonly masquerade: boolean
}

export interface FirewallWish {
  readonly bridge: string
  /** The device of Docker's own network. */
  readonly dockerBridge: string
  /** The whole overlay, where it is known. */
  readonly overlay: IpNetwork | undefined
  readonly exposed: readonly ExposedSubnet[]
  /** Of the router's links and sleeve. */
  readonly port: number
}

const DNS_PORT = 53
const API_PORT = 6784

/** Chains of our own, with the original's names where it had one (Weave rows FW-01 to FW-05); Docker's are left alone. */
const HOOKS = [
  { table: 'filter', from: 'FORWARD', chain: 'WEAVE-EXPOSE' },
  { table: 'filter', from: 'INPUT', chain: 'WEAVE-INPUT' },
  { table: 'nat', from: 'POSTROUTING', chain: 'WEAVE' },
] as const

type Hook = (typeof HOOKS)[number]

interface Family {
  readonly program: 'iptables' | 'ip6tables'
  readonly hooks: readonly Hook[]
  readonly textOf: (wish: FirewallWish, missing: readonly Hook[]) => string
}

const IPV4: Family = { program: 'iptables', hooks: HOOKS, textOf: firewallText }
/** Nothing of it is masqueraded. */
const IPV6: Family = {
  program: 'ip6tables',
  hooks: HOOKS.filter(({ table }) => table === 'filter'),
  textOf: ipv6FirewallText,
}

/** While the host refuses the rules of IPv6, they are looked for once in so many times. */
const LOOKS_PER_TRY = 10

/** How the host is asked and told; fails with a `UserError` for what it refuses. */
export interface FirewallCommands {
  run(input: string, argv: Argv): unknown
  ask(argv: Argv): Promise<string | undefined> | string | undefined
  /** False only where there surely is no such chain. */
  mayHaveChain(place: ChainPlace): boolean
  /** True only where there surely is such a jump. */
  hasJump(jump: Jump): boolean
  hasIpv6(): boolean
}

const OF_HOST: FirewallCommands = {
  run: (input, argv) => runAside(argv, { input }),
  ask: tryAside,
  mayHaveChain: place => mayHaveChain(loadLibc(), place),
  hasJump: jump => hasJump(loadLibc(), jump),
  hasIpv6,
}

/**
 * Docker lets nothing through FORWARD that it does not know, and bridged frames pass there too once br_netfilter is loaded: the
 * overlay's own traffic is let through in any case.
 */
export class HostFirewall {
  readonly #waitSeconds: number
  readonly #commands: FirewallCommands
  #lacksIpv6 = false
  #looks = 0

  /** `waitSeconds`: for another program that changes rules. */
  constructor(waitSeconds: number, commands: FirewallCommands = OF_HOST) {
    this.#waitSeconds = waitSeconds
    this.#commands = commands
  }

  /**
   * Repeatable; each table changes in one step, chains and the jumps to them. Rejects when the host refuses the rules of IPv4. Those of
   * IPv6 are not worth an outage of IPv4: gives why they are refused.
   */
  async apply(wish: FirewallWish): Promise<string | undefined> {
    await this.#applyFamily(IPV4, wish)
    const refusal = this.#commands.hasIpv6() ? await this.#refusalOf(IPV6, wish) : undefined
    this.#lacksIpv6 = refusal !== undefined
    return refusal
  }

  /** False when another program has flushed our rules, as firewalld does on a reload (Weave row FW-06). */
  async isThere(): Promise<boolean> {
    const isPatient = this.#lacksIpv6 && ++this.#looks % LOOKS_PER_TRY !== 0
    const families = this.#commands.hasIpv6() && !isPatient ? [IPV4, IPV6] : [IPV4]
    for (const family of families) {
      const there = await hooksThere(family, this.#commands)
      if (there.size < family.hooks.length) return false
    }
    return true
  }

  async #applyFamily(family: Family, wish: FirewallWish): Promise<void> {
    await this.#run(family, await this.#textOf(family, wish))
  }

  async #textOf(family: Family, wish: FirewallWish): Promise<string> {
    const hooked = await hooksThere(family, this.#commands)
    const missing = family.hooks.filter(hook => !hooked.has(hook))
    return family.textOf(wish, missing)
  }

  async #run({ program }: Family, text: string): Promise<void> {
    await this.#commands.run(text, [`${program}-restore`, '--noflush', '--wait', String(this.#waitSeconds)])
  }

  /** A kernel may lack what the rules of one chain ask for: then the others have theirs all the same. */
  async #refusalOf(family: Family, wish: FirewallWish): Promise<string | undefined> {
    const text = await this.#textOf(family, wish)
    const refusal = await this.#refused(family, text)
    if (refusal === undefined) return undefined
    for (const { chain } of family.hooks) await this.#refused(family, ofChain(text, chain))
    return refusal
  }

  async #refused(family: Family, text: string): Promise<string | undefined> {
    try {
      await this.#run(family, text)
      return undefined
    } catch (cause) {
      if (cause instanceof UserError) return cause.message
      throw cause
    }
  }
}

/** Hooks, chains and all that is in them. */
export function removeFirewall(): void {
  for (const { program, hooks } of OF_HOST.hasIpv6() ? [IPV4, IPV6] : [IPV4]) {
    for (const { table, from, chain } of hooks) {
      for (const words of [
        ['-D', from, '-j', chain],
        ['-F', chain],
        ['-X', chain],
      ]) {
        tryCommand([program, '--wait', '-t', table, ...words])
      }
    }
  }
}

/**
 * The kernel says so where all are there, as after a restart; a program is asked for the rest. One for all of them: it takes longer to start
 * than to answer. What it cannot list is asked for by itself: it names a table that holds a rule of nft's own, and lists more than the output
 * of a program may be where there are tens of thousands of rules.
 */
export async function hooksThere(
  { program, hooks }: Pick<Family, 'program' | 'hooks'>,
  { ask, mayHaveChain, hasJump }: Pick<FirewallCommands, 'ask' | 'mayHaveChain' | 'hasJump'>,
): Promise<ReadonlySet<Hook>> {
  if (hooks.every(hook => hasJump({ program, ...hook }))) return new Set(hooks)
  // No rule jumps to a chain that is not there.
  if (!hooks.some(({ table, chain }) => mayHaveChain({ program, table, chain }))) return new Set()
  const listing = await ask([`${program}-save`])
  const listed = new Set<string>()
  let at = ''
  for (const line of (listing ?? '').split('\n')) {
    if (line.startsWith('*')) at = line.slice(1)
    listed.add(`${at} ${line}`)
  }
  const isUnlisted = (table: string) => listing === undefined || listing.includes(`# Table \`${table}' `)
  const there = new Set<Hook>()
  for (const hook of hooks) {
    const { table, from, chain } = hook
    const isListed = listed.has(`${table} -A ${from} -j ${chain}`)
    const check = [program, '--wait', '-t', table, '-C', from, '-j', chain] as const
    if (isListed || (isUnlisted(table) && (await ask(check)) !== undefined)) there.add(hook)
  }
  return there
}

/** For `iptables-restore --noflush`: naming a chain empties it. `missing`: the jumps to our chains that are not there. */
export function firewallText(wish: FirewallWish, missing: readonly Hook[] = HOOKS): string {
  const { bridge, overlay, exposed } = wish
  const forwarded = exposed.flatMap(({ subnet }) => [
    `-A WEAVE-EXPOSE -i ${bridge} -s ${formatIpNetwork(subnet)} -j ACCEPT`,
    `-A WEAVE-EXPOSE -o ${bridge} -d ${formatIpNetwork(subnet)} -j ACCEPT`,
  ])
  const hidden = `-A WEAVE-INPUT ! -i lo -d 127.0.0.0/8 -p tcp --dport ${API_PORT} -j DROP`
  const ownSubnets = [...(overlay === undefined ? [] : [overlay]), ...exposed.map(({ subnet }) => subnet)]
  const masqueraded = exposed.filter(({ masquerade }) => masquerade).map(({ subnet }) => formatIpNetwork(subnet))
  return [
    ...filterLines(wish, [...forwarded, hidden], missing),
    '*nat',
    ':WEAVE - [0:0]',
    // What stays on the bridge keeps its source, or frames between hosts would be rewritten on their way and loop.
    '-A WEAVE -d 224.0.0.0/4 -j RETURN',
    ...masqueraded.map(subnet => `-A WEAVE -s ${subnet} ! -o ${bridge} -j MASQUERADE`),
    ...(masqueraded.length === 0 ? [] : ownSubnets.map(subnet => `-A WEAVE -s ${formatIpNetwork(subnet)} -j RETURN`)),
    ...masqueraded.map(subnet => `-A WEAVE -o ${bridge} -d ${subnet} -j MASQUERADE`),
    ...jumps('nat', missing),
    'COMMIT',
    '',
  ].join('\n')
}

/** The same for `ip6tables-restore`. */
export function ipv6FirewallText(wish: FirewallWish, missing: readonly Hook[] = HOOKS): string {
  return [...filterLines(wish, [], missing), ''].join('\n')
}

function filterLines(
  { bridge, dockerBridge, port }: FirewallWish,
  ofFamily: readonly string[],
  missing: readonly Hook[],
): readonly string[] {
  // Docker may have been given the overlay's bridge as its own.
  const isApart = dockerBridge !== bridge
  return [
    '*filter',
    ':WEAVE-EXPOSE - [0:0]',
    ':WEAVE-INPUT - [0:0]',
    // The way from Docker's own network onto the overlay is a container's interface there, not the host.
    ...(isApart ? [`-A WEAVE-EXPOSE -i ${dockerBridge} -o ${bridge} -j DROP`] : []),
    `-A WEAVE-EXPOSE -i ${bridge} -o ${bridge} -j ACCEPT`,
    ...ofFamily,
    ...(isApart ? dockerRules(dockerBridge, port) : []),
    ...jumps('filter', missing),
    'COMMIT',
  ]
}

/** Of a text about several chains of one table, what is about one of them. */
function ofChain(text: string, chain: string): string {
  const lines = text.split('\n')
  return lines.filter(line => !line.includes('WEAVE') || line.split(/[ :]/).includes(chain)).join('\n')
}

function jumps(table: Hook['table'], missing: readonly Hook[]): readonly string[] {
  return missing.filter(hook => hook.table === table).map(({ from, chain }) => `-I ${from} 1 -j ${chain}`)
}

/** Containers of Docker's own network ask the host for names, and for nothing else of ours. */
function dockerRules(dockerBridge: string, port: number): readonly string[] {
  const fromDocker = `-A WEAVE-INPUT -i ${dockerBridge}`
  return [
    `${fromDocker} -p tcp --dport ${port} -j DROP`,
    `${fromDocker} -p udp --dport ${port} -j DROP`,
    `${fromDocker} -p udp --dport ${FAST_PATH_PORT}:${TUNNEL_PORT} -j DROP`,
    `${fromDocker} -p udp --dport ${DNS_PORT} -j ACCEPT`,
    `${fromDocker} -p tcp --dport ${DNS_PORT} -j ACCEPT`,
  ]
}
