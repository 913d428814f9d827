import { type Cidr, contains, parseCidr } from '../base/cidr.ts'
import { ipv4FromNumber, parseIpv4 } from '../base/ipv4.ts'
import { EXIT_CODES, type Problem, UserError } from '../base/user-error.ts'

export const HOST_CLASSES = ['systemd', 'sysvinit'] as const
export type HostClass = (typeof HOST_CLASSES)[number]

/** What a host configures its interfaces with; those without systemd have ifupdown. */
export const HOST_NETWORKING = ['ifupdown', 'netplan', 'networkd', 'network-manager'] as const
export type HostNetworking = (typeof HOST_NETWORKING)[number]

/** The name under which `cut` and `heal` know the control machine. */
export const CONTROL_NAME = 'control'

/** A lab as its inventory describes it. */
export interface LabDescription {
  /** The folder of the inventory: a lab is known by it. */
  readonly folder: string
  readonly networks: readonly LabNetwork[]
  readonly hosts: readonly LabHost[]
}

export interface LabNetwork {
  readonly name: string
  readonly subnet: Cidr
  readonly controlAddress: string
}

export interface LabHost {
  readonly name: string
  readonly hostClass: HostClass
  readonly networking: HostNetworking
  readonly interfaces: readonly LabInterface[]
  /** What the host holds before anything is provisioned: path and content. */
  readonly files: Readonly<Record<string, string>>
}

export interface LabInterface {
  readonly name: string
  readonly network: string
  readonly address: string
  readonly prefix: number
}

/** In place of a subnet that was refused. */
const ANYWHERE: Cidr = { network: ipv4FromNumber(0), prefix: 0 }

/** The variables of each host, as Ansible gives them. */
export type VariablesOfHosts = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** `undefined` when the inventory does not say that it is a lab. */
export function describeLab(folder: string, hosts: VariablesOfHosts): LabDescription | undefined {
  const settings = Object.values(hosts).find(variables => variables.weave_lab !== undefined)?.weave_lab
  if (settings === undefined) return undefined
  const reader = new DescriptionReader()
  const networks = reader.networks(settings)
  const description = {
    folder,
    networks,
    hosts: Object.entries(hosts).map(([name, variables]) => reader.host(name, variables.weave_lab_host, networks)),
  }
  reader.refuseTwice(description.hosts, networks)
  if (reader.problems.length > 0) throw new UserError(reader.problems, EXIT_CODES.badInput)
  return description
}

/** Reads what it can and collects what is wrong, so that one run shows all of it. */
class DescriptionReader {
  readonly problems: Problem[] = []

  networks(settings: unknown): readonly LabNetwork[] {
    const named = Object.entries(dictionaryOf(dictionaryOf(settings).networks))
    if (named.length === 0) this.#refuse('weave_lab has no networks', 'weave_lab.networks')
    return named.map(([name, value]) => this.#network(name, dictionaryOf(value)))
  }

  host(name: string, value: unknown, networks: readonly LabNetwork[]): LabHost {
    const variable = `weave_lab_host of '${name}'`
    const given = dictionaryOf(value)
    if (!isHostName(name) || name === CONTROL_NAME) this.#refuse(`'${name}' cannot be the name of a host`, 'the name')
    const hostClass = HOST_CLASSES.find(one => one === given.class)
    if (hostClass === undefined) this.#refuse(`${variable}: class is none of ${HOST_CLASSES.join(', ')}`, variable)
    const networking = HOST_NETWORKING.find(one => one === (given.networking ?? 'ifupdown'))
    if (networking === undefined || (networking !== 'ifupdown' && hostClass === 'sysvinit'))
      this.#refuse(`${variable}: networking '${given.networking}' is not for its class`, variable)
    const addresses = Object.entries(dictionaryOf(given.networks))
    if (addresses.length === 0) this.#refuse(`${variable} is in no network`, variable)
    return {
      name,
      hostClass: hostClass ?? 'systemd',
      networking: networking ?? 'ifupdown',
      interfaces: addresses.map(([network, address], index) => {
        const prefix = this.#place(networks, network, String(address))
        return { name: `eth${index}`, network, address: String(address), prefix }
      }),
      files: this.#files(variable, dictionaryOf(given.files)),
    }
  }

  refuseTwice(hosts: readonly LabHost[], networks: readonly LabNetwork[]): void {
    const owners = new Map(
      networks.map(network => [`${network.name} ${network.controlAddress}`, 'the control machine']),
    )
    for (const host of hosts) {
      for (const { network, address } of host.interfaces) {
        const owner = owners.get(`${network} ${address}`)
        if (owner !== undefined)
          this.#refuse(`${address} belongs to ${owner} and '${host.name}'`, 'one of the addresses')
        owners.set(`${network} ${address}`, `'${host.name}'`)
      }
    }
  }

  #network(name: string, value: Readonly<Record<string, unknown>>): LabNetwork {
    const subnet = parseCidr(String(value.subnet))
    const control = parseIpv4(String(value.control))
    if (!/^[a-z][a-z0-9-]{0,11}$/.test(name)) this.#refuse(`'${name}' cannot be the name of a network`, 'the name')
    if (!subnet.ok) this.#refuse(`network '${name}': ${subnet.error}`, `subnet of '${name}'`)
    if (!control.ok) this.#refuse(`network '${name}', control: ${control.error}`, `control of '${name}'`)
    if (subnet.ok && control.ok && !contains(subnet.value, control.value))
      this.#refuse(`network '${name}': control is not in the subnet`, `control of '${name}'`)
    return { name, subnet: subnet.ok ? subnet.value : ANYWHERE, controlAddress: String(value.control) }
  }

  #place(networks: readonly LabNetwork[], name: string, text: string): number {
    const network = networks.find(one => one.name === name)
    const address = parseIpv4(text)
    if (network === undefined) this.#refuse(`there is no network '${name}'`, 'weave_lab_host.networks')
    if (!address.ok) this.#refuse(address.error, 'weave_lab_host.networks')
    if (network !== undefined && address.ok && !contains(network.subnet, address.value))
      this.#refuse(`${text} is not in network '${name}'`, 'weave_lab_host.networks')
    return network?.subnet.prefix ?? 0
  }

  #files(variable: string, files: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
    const isWrong = ([path, content]: [string, unknown]) =>
      !path.startsWith('/') || path.split('/').includes('..') || typeof content !== 'string'
    for (const [path] of Object.entries(files).filter(isWrong))
      this.#refuse(`${variable}: '${path}' is not an absolute path with a text`, variable)
    return files as Record<string, string>
  }

  #refuse(cause: string, what: string): void {
    this.problems.push({ cause, remedy: `correct ${what} in the inventory; inventories/lab is an example` })
  }
}

function dictionaryOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

/** A name of a namespace and of a machine; short enough for both. */
function isHostName(name: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9.-]{0,38}[A-Za-z0-9])?$/.test(name)
}
