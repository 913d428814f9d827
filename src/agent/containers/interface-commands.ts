import { formatIpOnNetwork, type IpOnNetwork, isIpv4 } from '../../base/ip-address.ts'
import type { Argv } from '../linux/run-command.ts'

/** The device in a container (Weave row LAN-02). */
export const CONTAINER_DEVICE = 'ethwe'

const HOST_END_PREFIX = 'vethwepl'
/** Devices have names of at most 15 characters (IFNAMSIZ without its zero byte). */
const ID_DIGITS = 7

/** The host's end of a container's pair: told from the id, so that it is found again without a record. */
export function hostEndOf(containerId: string): string {
  return `${HOST_END_PREFIX}${containerId.slice(0, ID_DIGITS)}`
}

export function isHostEnd(device: string): boolean {
  return device.startsWith(HOST_END_PREFIX)
}

export interface PairWish {
  readonly hostEnd: string
  readonly device: string
  readonly mtu: number
  /** A file that is a network namespace. */
  readonly namespace: string
}

/** Both ends at once and where they belong: no moment at which one could be left over. */
export function makePair({ hostEnd, device, mtu, namespace }: PairWish): Argv {
  const size = ['mtu', String(mtu)]
  return [
    'ip',
    'link',
    'add',
    'name',
    hostEnd,
    ...size,
    'type',
    'veth',
    'peer',
    'name',
    device,
    ...size,
    'netns',
    namespace,
  ]
}

/** Frames may go back where they came from: for a container that calls itself by a published address (Weave row LAN-08). */
export function setHairpin(hostEnd: string): Argv {
  return ['ip', 'link', 'set', 'dev', hostEnd, 'type', 'bridge_slave', 'hairpin', 'on']
}

export function addAddress(device: string, address: IpOnNetwork): Argv {
  // An IPv6 address is the router's gift as well: nobody else has it, and its container need not wait until that is certain.
  const how = isIpv4(address.address) ? ['broadcast', '+'] : ['nodad']
  return ['ip', 'address', 'add', formatIpOnNetwork(address), ...how, 'dev', device]
}

/** Docker switches IPv6 off where it gives no such address itself; the change of an address is announced (ndisc_notify). */
export function enableIpv6(device: string): Argv {
  const setting = `net.ipv6.conf.${device}`
  return ['sysctl', '-q', '-w', `${setting}.accept_ra=0`, `${setting}.ndisc_notify=1`, `${setting}.disable_ipv6=0`]
}

export function deleteAddress(device: string, address: IpOnNetwork): Argv {
  return ['ip', 'address', 'delete', formatIpOnNetwork(address), 'dev', device]
}

export function setUp(device: string): Argv {
  return ['ip', 'link', 'set', 'dev', device, 'up']
}

/** Multicast of the container goes to the overlay (Weave row LAN-05). */
export function addMulticastRoute(device: string): Argv {
  return ['ip', 'route', 'replace', '224.0.0.0/4', 'dev', device]
}

export function showAddresses(): Argv {
  return ['ip', '-json', 'address', 'show']
}

/**
 * Neighbours are told of an address when it comes, and a moved address is noticed within seconds (Weave row LAN-04;
 * kernel doc ip-sysctl: arp_notify, base_reachable_time_ms, delay_first_probe_time, ucast_solicit).
 */
export function tuneNeighbours(device: string): Argv {
  const neighbour = `net.ipv4.neigh.${device}`
  return [
    'sysctl',
    '-q',
    '-w',
    `net.ipv4.conf.${device}.arp_notify=1`,
    `${neighbour}.base_reachable_time_ms=5000`,
    `${neighbour}.delay_first_probe_time=2`,
    `${neighbour}.ucast_solicit=1`,
  ]
}

/** Even to what it is: the kernel then announces the addresses of a device that is up (arp_notify). */
export function announce(device: string, mac: string): Argv {
  return ['ip', 'link', 'set', 'dev', device, 'address', mac]
}

/** Runs a program of the host in a network namespace. */
export function inside(namespace: string, argv: Argv): Argv {
  return ['nsenter', `--net=${namespace}`, ...argv]
}
