import type { HostNetworking, LabHost } from './description.ts'

/** What makes a host configure its own interfaces at boot: no default route, the networks are all there is. */
export interface Networking {
  readonly files: readonly SeedFile[]
  /** Target by path: units that the base image keeps off. */
  readonly links: Readonly<Record<string, string>>
  /** What a host of its kind does not have. */
  readonly absent: readonly string[]
}

export interface SeedFile {
  readonly path: string
  readonly content: string
  /** 0644 unless said otherwise. */
  readonly mode?: number
}

const UNITS = '/lib/systemd/system'
const NETWORKD = 'systemd-networkd.service'
const MANAGER = 'NetworkManager.service'

/** What the base image has of each, for hosts to be without it as if they never had it. */
const IFUPDOWN = [
  '/usr/sbin/ifup',
  '/usr/sbin/ifdown',
  '/usr/sbin/ifquery',
  '/usr/lib/systemd/system/networking.service',
]
const NETPLAN = ['/usr/sbin/netplan', '/usr/lib/systemd/system-generators/netplan']
const NMCLI = ['/usr/bin/nmcli']

export function networkingOf(host: LabHost): Networking {
  return KINDS[host.networking](host)
}

const KINDS: Readonly<Record<HostNetworking, (host: LabHost) => Networking>> = {
  ifupdown: host => ({
    files: [file('/etc/network/interfaces', interfacesFile(host))],
    links: {},
    absent: [...NETPLAN, ...NMCLI],
  }),
  netplan: host => ({
    files: [file('/etc/netplan/01-lab.yaml', netplanFile(host))],
    links: started(NETWORKD),
    absent: [...IFUPDOWN, ...NMCLI],
  }),
  networkd: host => ({
    files: host.interfaces.map(({ name, address, prefix }) =>
      file(
        `/etc/systemd/network/10-${name}.network`,
        `[Match]\nName=${name}\n\n[Network]\nAddress=${address}/${prefix}\n`,
      ),
    ),
    links: started(NETWORKD),
    absent: [...IFUPDOWN, ...NETPLAN, ...NMCLI],
  }),
  'network-manager': host => ({
    files: host.interfaces.map(({ name, address, prefix }) => ({
      path: `/etc/NetworkManager/system-connections/${name}.nmconnection`,
      content: `[connection]\nid=${name}\ntype=ethernet\ninterface-name=${name}\n\n[ipv4]\nmethod=manual\naddress1=${address}/${prefix}\n`,
      mode: 0o600, // it reads no others
    })),
    links: started(MANAGER),
    absent: [...IFUPDOWN, ...NETPLAN],
  }),
}

export function interfacesFile(host: LabHost): string {
  const stanzas = host.interfaces.flatMap(({ name, address, prefix }) => [
    '',
    `auto ${name}`,
    `iface ${name} inet static`,
    `    address ${address}/${prefix}`,
  ])
  return lines(['source /etc/network/interfaces.d/*', '', 'auto lo', 'iface lo inet loopback', ...stanzas])
}

function netplanFile(host: LabHost): string {
  const devices = host.interfaces.map(
    ({ name, address, prefix }) => `    ${name}: { addresses: [${address}/${prefix}] }`,
  )
  return lines(['network:', '  version: 2', '  renderer: networkd', '  ethernets:', ...devices])
}

function started(unit: string): Readonly<Record<string, string>> {
  return {
    [`/etc/systemd/system/${unit}`]: `${UNITS}/${unit}`,
    [`/etc/systemd/system/multi-user.target.wants/${unit}`]: `${UNITS}/${unit}`,
  }
}

function file(path: string, content: string): SeedFile {
  return { path, content }
}

function lines(all: readonly string[]): string {
  return all.map(line => `${line}\n`).join('')
}
