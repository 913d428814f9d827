import { isIpv6Text } from '../../base/endpoint.ts'
import { FAST_PATH_PORT, TUNNEL_PORT } from '../../contract/ports.ts'
import { overheadAt } from '../survey/findings.ts'
import type { Complaint, HostCase, HostCheck } from './disorder.ts'
import { when } from './disorder.ts'
import { type Blocking, blockingForward, blockingPort, type Door } from './firewall-rules.ts'
import { blockingNft } from './nft-rules.ts'

/** The host's own firewall. */
export const FIREWALL_CHECKS: readonly HostCheck[] = [
  one => blockedPort(one, { port: one.host.port, protocol: 'tcp' }, 'no other host can open a control link to it'),
  one =>
    blockedPort(
      one,
      { port: one.host.port, protocol: 'udp' },
      'frames take the control link, more slowly, or none at all',
    ),
  one => blockedPort(one, { port: FAST_PATH_PORT, protocol: 'udp' }, 'frames cannot take the fast path in the kernel'),
  one =>
    one.facts.plan.wantsTunnels
      ? blockedPort(
          one,
          { port: TUNNEL_PORT, protocol: 'udp' },
          'frames cannot take the encrypted fast path in the kernel',
        )
      : [],
  ({ whole }) => {
    const isShown = whole.switches['net/bridge/bridge-nf-call-iptables'] === 1
    const shown = Object.entries(whole.firewall).filter(([program]) => !isOfIpv6(program))
    const found = shown.flatMap(([program, text]) => blockingForward(program, text, 'weave'))
    return isShown
      ? found.map(({ rule, removal, chain }) => ({
          about: chain === 'DOCKER-USER' ? 'docker-user' : 'forward-drop',
          cause: `the firewall stops what containers send across the bridge: '${rule}', which comes before any rule that lets it through`,
          remedy: `'${removal}' on the host, and the same where the rules are kept`,
        }))
      : []
  },
]

function blockedPort(one: HostCase, door: Door, cost: string): readonly Complaint[] {
  const { port, protocol } = door
  const rules = blockingRules(one, door)
  const nft = rules.length > 0 ? [] : blockingNft(one.whole.nft, door)
  const about = `blocked-${port}-${protocol}`
  return [
    ...rules.map(({ rule, removal, program }) => ({
      about,
      cause: `its firewall stops ${protocol.toUpperCase()} ${port}${isOfIpv6(program) ? ' over IPv6' : ''} ('${rule}'): ${cost}`,
      remedy: `'${removal}' on the host, and the same where the rules are kept`,
    })),
    ...nft.map(({ rule, table }) => ({
      about,
      cause: `its firewall stops ${protocol.toUpperCase()} ${port} ('${rule}' in ${table}): ${cost}`,
      remedy: remedyIn(table, door),
    })),
  ]
}

/** Of the families that others reach the host by. What one command mends for both is said once. */
function blockingRules({ host, whole }: HostCase, door: Door): readonly Blocking[] {
  const hasIpv6 = host.underlayAddresses.some(isIpv6Text)
  const listings = Object.entries(whole.firewall).filter(([program]) => hasIpv6 || !isOfIpv6(program))
  const rules = listings.flatMap(([program, text]) => blockingPort(program, text, door))
  return [...new Map([...rules].reverse().map(rule => [rule.removal, rule])).values()].reverse()
}

function isOfIpv6(program: string): boolean {
  return program.startsWith('ip6tables')
}

function remedyIn(table: string, { port, protocol }: Door): string {
  if (table.endsWith(' firewalld')) {
    return `'firewall-cmd --permanent --add-port=${port}/${protocol} && firewall-cmd --reload' on the host; 'weave-provision firewall --format firewalld' opens it to the members only`
  }
  return `'nft -a list ${table}' on the host shows the rule with its handle: 'nft delete rule', or one before it that accepts ${protocol} dport ${port}`
}

/** How this host reaches the others beneath the overlay, and what its router makes of it. */
export const PAIR_CHECKS: readonly HostCheck[] = [
  one => groupedBy(one, other => isLost(one, other)).map(other => lostPair(one, other)),
  one => groupedBy(one, other => !isLost(one, other) && isOneWay(one, other)).map(other => oneWay(one, other)),
  one => groupedBy(one, other => isCarried(one, other)).map(other => carried(one, other)),
  ({ whole, facts: { plan } }) => {
    const measured = whole.reaches.map(reach => ({ ...reach, overhead: overheadAt(reach.address, plan) }))
    const narrow = measured.filter(({ answers, carries, overhead }) => answers && carries < plan.mtu + overhead)
    return narrow.map(({ host, address, carries, overhead }) => ({
      about: 'mtu',
      cause: `packets of ${plan.mtu + overhead} bytes do not get to ${host} (${address}), only up to about ${carries}: large transfers hang or are cut up`,
      remedy: `set weave_mtu to ${Math.max(576, carries - overhead)} and 'weave-provision up', or raise the MTU on the way`,
    }))
  },
  ({ seen, whole }) =>
    when(seen.router !== null && (!whole.listens.tcp || !whole.listens.udp), () => ({
      about: 'not-listening',
      cause: `its router holds no ${whole.listens.tcp ? 'UDP' : 'TCP'} port: no other host can reach it`,
      remedy: "'service weave restart' on the host; 'weave-provision logs HOST' if it stays so",
    })),
]

function groupedBy({ facts, host }: HostCase, isSo: (other: string) => boolean): readonly string[] {
  const names = facts.plan.hosts.map(({ name }) => name).filter(name => name !== host.name)
  return names.filter(isSo)
}

/** By no way at all. */
function isLost({ seen }: HostCase, other: string): boolean {
  if (seen.router === null) return false
  const peer = seen.router.peers.find(({ nickname }) => nickname === other)
  return peer === undefined || !peer.isReachable
}

function lostPair(one: HostCase, other: string): Complaint {
  const { facts, host, whole, seen } = one
  const there = facts.examinations.get(other)
  const tried = whole.reaches.filter(reach => reach.host === other)
  const words = seen.router?.connections.find(({ address }) =>
    tried.some(t => `${t.address}:${t.port}` === address),
  )?.info
  const said = words === undefined || words === '' ? '' : `; its router says: ${words}`
  const because = (why: string, remedy: string): Complaint => ({
    about: 'unreachable',
    cause: `it does not reach ${other}: ${why}${said}`,
    remedy,
  })
  const reason = facts.silent.get(other)
  if (reason !== undefined)
    return because(`nor does this machine (${reason})`, `bring ${other} back, or 'weave-provision remove ${other}'`)
  if (there?.router === null) return because('its router does not run or answer', `'service weave start' on ${other}`)
  if (tried.some(({ tcp }) => tcp === 'open')) {
    return because(
      'TCP passes, and the routers do not agree',
      `'weave-provision logs ${host.name}' and that of ${other} say why`,
    )
  }
  const port = tried[0]?.port ?? host.port
  if (tried.some(({ tcp }) => tcp === 'refused')) {
    return because(`port ${port} is refused`, `'weave-provision doctor --limit ${other}'; is its firewall rejecting?`)
  }
  const way = tried.some(({ answers }) => answers)
    ? `pings pass and TCP ${port} does not`
    : 'neither ping nor TCP gets there'
  return because(
    way,
    `open TCP and UDP ${port} between the two, in firewalls and security groups: '${portTest(tried, port)}' on ${host.name}`,
  )
}

function portTest(tried: readonly { readonly address: string }[], port: number): string {
  return `nc -zv ${tried[0]?.address ?? 'ADDRESS'} ${port}`
}

/** Asked of one of the two only, of whom the way does not work from. */
function isOneWay({ facts, host, whole }: HostCase, other: string): boolean {
  const [back] = [facts.examinations.get(other)?.whole?.reaches.filter(reach => reach.host === host.name) ?? []]
  const there = whole.reaches.filter(reach => reach.host === other)
  return there.length > 0 && there.every(({ tcp }) => tcp === 'silent') && back.some(({ tcp }) => tcp === 'open')
}

function oneWay({ host, whole }: HostCase, other: string): Complaint {
  const there = whole.reaches.find(reach => reach.host === other)
  return {
    about: 'asymmetric',
    severity: 'warning',
    cause: `connections pass from ${other} to ${host.name} and not back: the overlay lives on one direction`,
    remedy: `open TCP ${there?.port} on ${other} for ${host.name}: 'nc -zv ${there?.address} ${there?.port}' on ${host.name}`,
  }
}

function isCarried({ seen }: HostCase, other: string): boolean {
  return (seen.router?.connections ?? []).some(({ peer, info }) => peer === other && info.includes('is UDP blocked'))
}

function carried({ host, whole }: HostCase, other: string): Complaint {
  const port = whole.reaches.find(reach => reach.host === other)?.port ?? host.port
  return {
    about: 'udp-blocked',
    cause: `no datagram comes through between it and ${other}, though TCP does: frames take the control link`,
    remedy: `open UDP ${port} between the two in both directions, in the firewalls of both and of what lies between`,
  }
}
