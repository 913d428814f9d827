import { contains, parseCidr } from '../../base/cidr.ts'
import { parseIpv4 } from '../../base/ipv4.ts'
import type { Problem } from '../../base/user-error.ts'
import { ADVERTISED_MAX } from '../../contract/agent-config.ts'
import type { FactsByHost, HostAddress } from './host-facts.ts'
import type { Inventory, InventoryHost, UnderlayChoice } from './inventory.ts'
import type { Lock } from './lock.ts'

export interface ChosenUnderlay {
  readonly hosts: readonly InventoryHost[]
  readonly problems: readonly Problem[]
}

/**
 * Puts addresses where the inventory only says how to choose them. What a host says of itself counts; else what was chosen last, which the
 * lock keeps, so that a host can be changed without asking all others. A host that nobody has asked yet has none, and dials the others.
 */
export function chooseUnderlay(inventory: Inventory, lock: Lock, facts: FactsByHost): ChosenUnderlay {
  const problems: Problem[] = []
  const hosts = inventory.hosts.map(host => {
    const { underlayChoice: choice, name } = host
    if (choice === undefined || host.underlayAddresses.length > 0) return host
    const wrong = problemOfChoice(host, choice)
    if (wrong !== undefined) problems.push(wrong)
    const has = Object.hasOwn(facts, name) ? facts[name]?.addresses : undefined
    const locked = lock.hosts.find(one => one.name === name)
    const addresses = has === undefined ? (locked?.underlay ?? []) : chosenFrom(has, choice)
    if (wrong === undefined && has !== undefined && addresses.length === 0) problems.push(noneFits(host, choice, has))
    if (has === undefined && addresses.length === 0 && locked?.publicKey !== undefined) problems.push(neverChosen(host))
    return { ...host, underlayAddresses: addresses }
  })
  return { hosts, problems }
}

function problemOfChoice({ name }: InventoryHost, { cidrs }: UnderlayChoice): Problem | undefined {
  const wrong = cidrs.map(parseCidr).find(cidr => !cidr.ok)
  if (wrong === undefined || wrong.ok) return undefined
  return { cause: `weave_underlay_cidr of host '${name}': ${wrong.error}`, remedy: 'give networks, as 10.0.0.0/8' }
}

/** In the order of the networks, then in that of the host's interfaces; of many the first. */
function chosenFrom(has: readonly HostAddress[], { cidrs, interfaceName }: UnderlayChoice): readonly string[] {
  const onInterface = has.filter(one => interfaceName === undefined || one.interface === interfaceName)
  if (cidrs.length === 0) return onInterface.map(({ address }) => address).slice(0, ADVERTISED_MAX)
  const within = cidrs.flatMap(text => onInterface.map(({ address }) => address).filter(ip => lies(ip, text)))
  return [...new Set(within)].slice(0, ADVERTISED_MAX)
}

function lies(ip: string, network: string): boolean {
  const [address, cidr] = [parseIpv4(ip), parseCidr(network)]
  return address.ok && cidr.ok && contains(cidr.value, address.value)
}

function noneFits({ name }: InventoryHost, choice: UnderlayChoice, has: readonly HostAddress[]): Problem {
  const wanted = [
    ...(choice.interfaceName === undefined ? [] : [`on interface ${choice.interfaceName}`]),
    ...(choice.cidrs.length === 0 ? [] : [`in ${choice.cidrs.join(' or ')}`]),
  ].join(' ')
  const present = has.map(one => `${one.address} on ${one.interface}`).join(', ') || 'none at all'
  return {
    cause: `host '${name}' has no address ${wanted}: it has ${present}`,
    remedy: `correct weave_underlay_cidr or weave_underlay_interface, or set weave_underlay_address of '${name}'`,
  }
}

function neverChosen({ name }: InventoryHost): Problem {
  const cause = `the underlay address of host '${name}' is to be chosen among its own, and it has not been asked`
  return { cause, remedy: "run 'weave-provision up' once without --limit; the lock file then keeps what was chosen" }
}

/** Of a host whose address follows from what it says; undefined where the inventory has it. */
export function underlayToKeep(inventory: Inventory, name: string, chosen: readonly string[]) {
  const host = inventory.hosts.find(one => one.name === name)
  const isChosen = host?.underlayChoice !== undefined && host.underlayAddresses.length === 0
  return isChosen && chosen.length > 0 ? chosen : undefined
}
