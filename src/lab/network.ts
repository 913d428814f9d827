import { formatCidr } from '../base/cidr.ts'
import { CONTROL_NAME, type LabDescription, type LabHost } from './description.ts'
import { type LabInstance, macAddress, portName } from './instance.ts'

/**
 * The namespaces of a lab and the wires between them:
 *
 *     control ──┐             ┌── host…      one bridge per network in the namespace `switch`;
 *               ├─ [ left  ] ─┤              a host that is in both networks has a port on each
 *               └─ [ right ] ─┴── host…
 *
 * Texts for `ip -batch`: a namespace each, so that a lab of any size takes few processes.
 */
export function switchBatch(description: LabDescription): string {
  return lines([
    'link set lo up',
    ...description.networks.flatMap(({ name }) => [
      `link add ${bridgeName(name)} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      `link set ${bridgeName(name)} up`,
    ]),
  ])
}

/** A leg in each network for the machine from which Ansible works. */
export function controlPortsBatch(instance: LabInstance, description: LabDescription): string {
  return lines(
    description.networks.map(({ name }) =>
      portLine(instance, { host: CONTROL_NAME, network: name, interfaceName: name }),
    ),
  )
}

export function controlBatch(description: LabDescription): string {
  return lines([
    'link set lo up',
    ...description.networks.flatMap(({ name, subnet, controlAddress }) => [
      `address add ${controlAddress}/${subnet.prefix} dev ${name}`,
      `link set ${name} up`,
    ]),
  ])
}

/** One line makes the wire and plugs it in, so a crash leaves no wire that hangs loose on the switch. */
export function hostPortsBatch(instance: LabInstance, host: LabHost): string {
  return lines(
    host.interfaces.map(({ name, network }) => portLine(instance, { host: host.name, network, interfaceName: name })),
  )
}

/** A bridge is not named as its network: the network's name is an interface of the control machine. */
export function bridgeName(network: string): string {
  return `br-${network}`
}

export function describeNetworks(description: LabDescription): string {
  return description.networks.map(({ name, subnet }) => `${name} ${formatCidr(subnet)}`).join(', ')
}

function portLine(
  instance: LabInstance,
  end: { readonly host: string; readonly network: string; readonly interfaceName: string },
): string {
  const { host, network, interfaceName } = end
  const namespace = host === CONTROL_NAME ? instance.controlNamespace : instance.hostNamespace(host)
  const address = macAddress(instance, host, network)
  const port = portName(host, network)
  return `link add ${port} up master ${bridgeName(network)} type veth peer name ${interfaceName} address ${address} netns ${namespace}`
}

function lines(all: readonly string[]): string {
  return all.map(line => `${line}\n`).join('')
}
