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
}

const UNITS = '/lib/systemd/system'
const NETWORKD = 'systemd-networkd.service'

/** Without ifupdown, as on a host that never had it. */
const IFUPDOWN = [
  '/usr/sbin/ifup',
  '/usr/sbin/ifdown',
  '/usr/sbin/ifquery',
  '/usr/lib/systemd/system/networking.service',
]

export function networkingOf(host: LabHost): Networking {
  return KINDS[host.networking](host)
}

const KINDS: Readonly<Record<HostNetworking, (host: LabHost) => Networking>> = {
  ifupdown: host => ({ files: [file('/etc/network/interfaces', interfacesFile(host))], links: {}, absent: [] }),
  networkd: host => ({
    files: host.interfaces.map(({ name, address, prefix }) =>
      file(
        `/etc/systemd/network/10-${name}.network`,
        `[Match]\nName=${name}\n\n[Network]\nAddress=${address}/${prefix}\n`,
      ),
    ),
    links: started(NETWORKD),
    absent: IFUPDOWN,
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
