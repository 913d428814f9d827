import { isIpv6Text } from '../../base/endpoint.ts'
import { type IpAddress, parseIpAddress, parseIpOnNetwork } from '../../base/ip-address.ts'
import type { Problem } from '../../base/user-error.ts'
import { TUNNEL_PORT } from '../../contract/ports.ts'
import type { Plan, PlannedHost } from '../plan/plan.ts'
import type { HostSurvey } from './survey.ts'

/** What stands against the overlay on a host, or makes it worse than it could be. */
export interface Finding extends Problem {
  readonly host: string
  /** An error stops `up` before it has changed anything anywhere. */
  readonly severity: 'error' | 'warning'
  readonly about: string
}

/** Ethernet, seal and UDP around the frame of a container (docs/protocol.md), then the header of IPv4 or IPv6. */
const SEAL_OVERHEAD = 14 + 20 + 16 + 8

/** Ethernet, VXLAN, UDP and IPv4 within the tunnel, WireGuard's header and tag, and UDP around it. */
const TUNNEL_OVERHEAD = 14 + 8 + 8 + 20 + 32 + 8

/** Of the largest datagram that a frame becomes on its way to an underlay address. */
export function overheadAt(address: string, { wantsTunnels }: Pick<Plan, 'wantsTunnels'>): number {
  return (wantsTunnels ? TUNNEL_OVERHEAD : SEAL_OVERHEAD) + (isIpv6Text(address) ? 40 : 20)
}

const CLOCK_OFFSET_SECONDS_MAX = 30
/** The first Docker whose answers are read here. */
const DOCKER_MAJOR_MIN = 17

const NO_FAST_PATH = 'frames cannot take the fast path in the kernel, and all go through user space'
const NO_TUNNELS = 'the fast path in the kernel cannot be encrypted, so sealed frames go through user space'

interface Feature {
  readonly cost: string
  readonly remedy: string
}

const FEATURES: Readonly<Record<string, Feature>> = {
  vxlan: { cost: NO_FAST_PATH, remedy: "load it with 'modprobe vxlan'" },
  clsact: { cost: NO_FAST_PATH, remedy: "load it with 'modprobe sch_ingress'" },
  bpf: { cost: NO_FAST_PATH, remedy: 'CONFIG_BPF_SYSCALL has it' },
  wireguard: { cost: NO_TUNNELS, remedy: "load it with 'modprobe wireguard'" },
}

/** Without it there is nothing to attach containers to, so nothing works. */
const BRIDGE = 'bridge'

/** All findings of all hosts that have answered, each with its remedy. */
export function findingsOf(plan: Plan, surveys: ReadonlyMap<string, HostSurvey>): readonly Finding[] {
  return plan.hosts.flatMap(host => {
    const survey = surveys.get(host.name)
    return survey === undefined ? [] : findingsOfHost(plan, host, survey)
  })
}

function findingsOfHost(plan: Plan, host: PlannedHost, survey: HostSurvey): readonly Finding[] {
  const found = (severity: Finding['severity'], about: string) => (problem: Problem) => ({
    host: host.name,
    severity,
    about,
    ...problem,
  })
  return [
    ...survey.problems.map(found('error', 'host')),
    ...missingBridge(survey).map(found('error', 'kernel')),
    ...missingFeatures(plan, survey).map(found('warning', 'kernel')),
    ...busyPorts(plan, survey).map(found('warning', 'port')),
    ...missingTools(survey).map(found('warning', 'tools')),
    ...clockProblems(survey).map(found('warning', 'clock')),
    ...mtuProblems(plan, host, survey).map(found('warning', 'mtu')),
    ...dockerProblems(host, survey).map(found('warning', 'docker')),
  ]
}

function missingBridge({ system }: HostSurvey): readonly Problem[] {
  if (!system.missingFeatures.includes(BRIDGE)) return []
  const remedy = "load it with 'modprobe bridge', or use a kernel that has it"
  return [{ cause: 'the kernel has no bridge: there is nothing to attach containers to', remedy }]
}

/** What only the encrypted fast path needs is of no use where that is not asked for. */
function missingFeatures({ wantsTunnels }: Plan, { system }: HostSurvey): readonly Problem[] {
  return system.missingFeatures
    .filter(name => name !== BRIDGE && (name !== 'wireguard' || wantsTunnels))
    .map(name => ({
      cause: `the kernel has no ${name}: ${FEATURES[name]?.cost ?? 'some of the overlay is not there'}`,
      remedy: `${FEATURES[name]?.remedy ?? 'load it'}, or use a kernel that has it; without it the rest works`,
    }))
}

/** The kernel takes them when the fast path begins. */
function busyPorts({ wantsTunnels }: Plan, survey: HostSurvey): readonly Problem[] {
  return survey.busyPorts
    .filter(({ port }) => port !== TUNNEL_PORT || wantsTunnels)
    .map(({ port, holder }) => ({
      cause: `UDP port ${port} is in use by ${holder}: ${port === TUNNEL_PORT ? NO_TUNNELS : NO_FAST_PATH}`,
      remedy: 'stop it, if the fast path is wanted; without it the rest works',
    }))
}

function missingTools({ system }: HostSurvey): readonly Problem[] {
  return system.missingTools
    .filter(tool => tool === 'tc' || tool === 'nsenter')
    .map(tool => ({
      cause: `there is no ${tool} on it: ${tool === 'tc' ? 'the fast path cannot be set up' : 'containers cannot be tested from inside'}`,
      remedy: `install it: 'apt-get install ${tool === 'tc' ? 'iproute2' : 'util-linux'}'`,
    }))
}

function clockProblems({ clockOffsetSeconds }: HostSurvey): readonly Problem[] {
  const seconds = Math.round(clockOffsetSeconds)
  if (Math.abs(seconds) <= CLOCK_OFFSET_SECONDS_MAX) return []
  const cause = `its clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} that of the control machine: logs of the hosts cannot be compared`
  return [{ cause, remedy: "synchronise it, as with 'timedatectl set-ntp true' or chrony" }]
}

function mtuProblems(plan: Plan, host: PlannedHost, { system }: HostSurvey): readonly Problem[] {
  return host.underlayAddresses.flatMap(text => {
    const wanted = parseIpAddress(text)
    if (!wanted.ok) return []
    const holder = system.interfaces.find(({ addresses }) =>
      addresses.some(address => parsed(address) === wanted.value),
    )
    if (holder === undefined) {
      const cause = `its underlay address ${text} is on none of its interfaces`
      return [
        { cause, remedy: 'right behind NAT, where the address is that of the gateway; else correct the inventory' },
      ]
    }
    const overhead = overheadAt(text, plan)
    const needed = plan.mtu + overhead
    if (holder.mtu >= needed) return []
    const cause = `interface ${holder.name} (${text}) carries ${holder.mtu} bytes, and weave_mtu ${plan.mtu} needs ${needed}`
    return [{ cause, remedy: `set weave_mtu to ${holder.mtu - overhead} or less, or raise the MTU of ${holder.name}` }]
  })
}

function parsed(address: string): IpAddress | undefined {
  const result = parseIpOnNetwork(address)
  return result.ok ? result.value.address : undefined
}

function dockerProblems(host: PlannedHost, { docker, services }: HostSurvey): readonly Problem[] {
  if (docker === null) {
    const remedy = 'install Docker and run again, if the host is to carry containers'
    return host.dockerMethod === undefined || host.dockerMethod === 'none'
      ? [{ cause: 'there is no Docker on it: it gets bridge and router only', remedy }]
      : [{ cause: 'there is no Docker on it, though weave_docker_method says how to configure it', remedy }]
  }
  if (!services.docker.isActive) return []
  if (!docker.isAnswering) {
    const cause = `Docker runs and does not answer${docker.error === '' ? '' : `: ${docker.error}`}`
    return [{ cause, remedy: "see 'journalctl -u docker', and 'docker info' on the host" }]
  }
  const major = Number(/^\d+/.exec(docker.version)?.[0] ?? 0)
  if (major >= DOCKER_MAJOR_MIN) return []
  const cause = `Docker ${docker.version} is older than ${DOCKER_MAJOR_MIN}, with which nothing has been tried`
  return [{ cause, remedy: 'upgrade Docker; it goes on as it is' }]
}
