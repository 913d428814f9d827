import { formatCidr, parseCidr } from '../../base/cidr.ts'
import type { Problem } from '../../base/user-error.ts'
import { addedRangesOf, checkAddedRanges } from './added-ranges.ts'
import { bridgeAddress, containerRange, hostsMax, type Layout, remedyForExhaustion } from './addressing.ts'
import { adoptionOf, checkAdoption } from './adoption.ts'
import { checkHosts, checkIdentities, checkLayout, checkNames } from './checks.ts'
import { chooseDockerMethod } from './docker-method.ts'
import { adoptedIndex, wantedIndex } from './historic-numbers.ts'
import type { FactsByHost, HostFacts } from './host-facts.ts'
import type { DockerMethod, Hooks, InitSystem, Inventory, InventoryHost, NetworkTool } from './inventory.ts'
import type { Lock } from './lock.ts'
import { checkMembership } from './membership.ts'
import { allocateNumbers, type Numbering } from './numbering.ts'
import { checkRevoked } from './removed-hosts.ts'
import { checkLinkCosts, targetsFor } from './targets.ts'
import { checkTrust, trustedBy } from './trust.ts'
import { chooseUnderlay, underlayToKeep } from './underlay.ts'

/** Everything that is decided about a cluster. */
export interface Plan {
  readonly group: string
  readonly clusterName: string
  readonly subnet: string
  readonly containerPrefix: number
  /** Networks besides the subnet of which each host hands out a share. */
  readonly addedRanges: readonly string[]
  readonly mtu: number
  /** Underlay networks within which frames may go in the clear; none where all is sealed. */
  readonly trustedSubnets: readonly string[]
  /** Whether frames take the kernel's fast path inside WireGuard elsewhere. */
  readonly wantsTunnels: boolean
  /** In the order of their numbers. */
  readonly hosts: readonly PlannedHost[]
  /** The lock that holds once the plan is taken. */
  readonly lock: Lock
}

export interface PlannedHost {
  readonly name: string
  /** The host's number for life. */
  readonly index: number
  readonly bridgeAddress: string
  readonly containerRange: string
  readonly underlayAddresses: readonly string[]
  readonly port: number
  /** `ip:port` of each address of each other host, or what the inventory says. */
  readonly targets: readonly string[]
  /** Undefined while neither the inventory nor the host has said. */
  readonly initSystem: InitSystem | undefined
  /** Undefined as long as the init system may be. */
  readonly networkTool?: NetworkTool | undefined
  /** Undefined as long as the init system may be. */
  readonly dockerMethod: DockerMethod | undefined
  readonly dockerOptions: Readonly<Record<string, unknown>>
  readonly hooks: Hooks
  /** By name of the other host; undefined when all are measured. */
  readonly linkCosts?: Readonly<Record<string, number>> | undefined
}

export interface PlanInput {
  readonly inventory: Inventory
  readonly lock: Lock
  readonly facts?: FactsByHost | undefined
}

export type PlanOutcome =
  | { readonly kind: 'planned'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

/** Decides, or says all that stands against it. */
export function makePlan(given: PlanInput): PlanOutcome {
  const underlay = chooseUnderlay(given.inventory, given.lock, given.facts ?? {})
  const inventory = { ...given.inventory, hosts: underlay.hosts }
  const input = { ...given, inventory }
  const subnet = parseCidr(inventory.subnet)
  if (!subnet.ok)
    return refuse([{ cause: `weave_subnet: ${subnet.error}`, remedy: 'give the network, as 10.2.0.0/16' }])
  const layout: Layout = { subnet: subnet.value, containerPrefix: inventory.containerPrefix }
  const ofLayout = checkLayout(layout)
  if (ofLayout.length > 0) return refuse([...ofLayout, ...checkNames(inventory)])
  const numbering = numberHosts(input, layout)
  const problems = [
    ...underlay.problems,
    ...checkNames(inventory),
    ...numbering.problems,
    ...checkHosts(inventory, layout),
    ...checkTrust(inventory, layout),
    ...checkAddedRanges(inventory, layout, input.lock),
  ]
  const ordered = inNumberOrder(inventory.hosts, numbering)
  const hosts = ordered.map((host, position) => planHost({ input, ordered, position, host, layout, numbering }))
  const lock = nextLock(
    given,
    hosts.map(({ host }) => host),
    numbering,
  )
  const all = [
    ...problems,
    ...hosts.flatMap(host => host.problems),
    ...checkIdentities(lock.hosts),
    ...checkRevoked(input.lock, lock.hosts),
  ]
  if (all.length > 0) return refuse(all)
  const planned = hosts.map(({ host }) => host).sort((a, b) => a.index - b.index)
  const { group, clusterName, containerPrefix, mtu } = inventory
  const settings = {
    group,
    clusterName,
    subnet: formatCidr(subnet.value),
    containerPrefix,
    addedRanges: addedRangesOf(inventory),
    mtu,
    trustedSubnets: trustedBy(inventory),
    wantsTunnels: inventory.wantsTunnels ?? false,
  }
  return { kind: 'planned', plan: { ...settings, hosts: planned, lock } }
}

function refuse(problems: readonly Problem[]): PlanOutcome {
  return { kind: 'refused', problems }
}

function numberHosts(input: PlanInput, layout: Layout): Numbering {
  const locked = new Set(input.lock.hosts.map(({ name }) => name))
  const buried = new Set(input.lock.tombstones.map(({ name }) => name))
  const wishes = input.inventory.hosts.map(host => {
    const { name } = host
    const facts = factsOf(input, name)
    const wish = wantedIndex(host, layout)
    const isKnown = locked.has(name) || (buried.has(name) && facts?.bridge.isOurs === true)
    const isDecided = wish.index !== undefined || wish.problems.length > 0 || isKnown
    return { name, wish: isDecided ? wish : adoptedIndex(host, adoptionOf(facts), layout) }
  })
  const numbering = allocateNumbers({
    requests: wishes.map(({ name, wish }) => ({ name, wanted: wish.index })),
    locked: input.lock.hosts,
    tombstones: input.lock.tombstones,
    max: hostsMax(layout),
    remedyForExhaustion: remedyForExhaustion(layout),
  })
  return { ...numbering, problems: [...wishes.flatMap(({ wish }) => wish.problems), ...numbering.problems] }
}

/** In a large cluster the place in the row follows from the number, which is for life, and not from the inventory's order. */
function inNumberOrder(hosts: readonly InventoryHost[], { numbers }: Numbering): readonly InventoryHost[] {
  if (hosts.length <= ROW_MIN) return hosts
  return [...hosts].sort((a, b) => (numbers.get(a.name) ?? 0) - (numbers.get(b.name) ?? 0))
}

/** Smaller clusters keep the order of the inventory, and with it the text of files that exist. */
const ROW_MIN = 64

interface HostInput {
  readonly input: PlanInput
  readonly ordered: readonly InventoryHost[]
  readonly position: number
  readonly host: InventoryHost
  readonly layout: Layout
  readonly numbering: Numbering
}

function planHost(given: HostInput): { host: PlannedHost; problems: readonly Problem[] } {
  const { input, host, layout, numbering } = given
  const facts = factsOf(input, host.name)
  const docker = chooseDockerMethod(host, facts)
  const targets = targetsFor(host, given.ordered, given.position)
  const unknownCosts = checkLinkCosts(host, given.ordered)
  const index = numbering.numbers.get(host.name) ?? 0
  const planned: PlannedHost = {
    name: host.name,
    index,
    bridgeAddress: bridgeAddress(layout, index),
    containerRange: containerRange(layout, index),
    underlayAddresses: host.underlayAddresses,
    port: host.port,
    targets: targets.endpoints,
    initSystem: host.initSystem ?? facts?.initSystem,
    networkTool: host.networkTool ?? facts?.networkTool,
    dockerMethod: docker.method,
    dockerOptions: host.dockerOptions,
    hooks: host.hooks,
    linkCosts: host.linkCosts,
  }
  return {
    host: planned,
    problems: [
      ...docker.problems,
      ...targets.problems,
      ...unknownCosts,
      ...checkAdoption(host.name, facts),
      ...checkMembership(host.name, facts?.membership, input.lock),
    ],
  }
}

function factsOf({ facts }: PlanInput, name: string): HostFacts | undefined {
  return Object.hasOwn(facts ?? {}, name) ? facts?.[name] : undefined
}

function nextLock(input: PlanInput, hosts: readonly PlannedHost[], numbering: Numbering): Lock {
  const known = new Map(input.lock.hosts.map(host => [host.name, host.publicKey]))
  const keyOf = (name: string) => input.facts?.[name]?.publicKey ?? known.get(name)
  const { subnet, containerPrefix } = input.inventory
  const addedRanges = addedRangesOf(input.inventory)
  return {
    ...input.lock,
    network: { subnet, containerPrefix },
    ...(addedRanges.length === 0 ? {} : { addedRanges }),
    hosts: hosts.map(({ name, index, underlayAddresses }) => {
      const underlay = underlayToKeep(input.inventory, name, underlayAddresses)
      return { name, index, publicKey: keyOf(name), ...(underlay === undefined ? {} : { underlay }) }
    }),
    tombstones: [...numbering.tombstones],
  }
}
