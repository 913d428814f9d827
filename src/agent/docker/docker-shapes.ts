/** What the agent wants to know of a container. */
export interface ContainerDetails {
  /** 64 hexadecimal digits. */
  readonly id: string
  /** Without the slash in front. */
  readonly name: string
  readonly isRunning: boolean
  /** What its health check says: `starting`, `healthy` or `unhealthy`; undefined when it has none. */
  readonly health?: string
  /** Of its first process; 0 when it does not run. */
  readonly pid: number
  readonly hostname: string
  readonly domain: string
  readonly environment: readonly string[]
  readonly entrypoint: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** `default`, `host`, `none`, `container:<id>`, or a network's name. */
  readonly networkMode: string
  /** The host's file that is the container's /etc/hosts; '' when it has none of its own. */
  readonly hostsPath: string
  readonly networks: readonly ContainerNetwork[]
}

export interface ContainerNetwork {
  readonly name: string
  readonly id: string
  /** IPv4 before IPv6; none when it does not run. */
  readonly addresses: readonly string[]
  readonly aliases: readonly string[]
}

export interface DockerEvent {
  readonly action: string
  /** Of the container that it happened to; '' when it happened to none. */
  readonly id: string
}

interface RawEvent {
  readonly Type?: string
  readonly Action?: string
  readonly Actor?: { readonly ID?: string; readonly Attributes?: { readonly container?: string } | null }
}

interface RawConnection {
  readonly NetworkID?: string
  readonly IPAddress?: string
  readonly GlobalIPv6Address?: string
  readonly Aliases?: readonly string[] | null
}

interface RawContainer {
  readonly Id: string
  readonly Name?: string
  readonly HostsPath?: string
  readonly State?: {
    readonly Running?: boolean
    readonly Restarting?: boolean
    readonly Pid?: number
    readonly Health?: { readonly Status?: string } | null
  }
  readonly Config?: {
    readonly Hostname?: string
    readonly Domainname?: string
    readonly Env?: readonly string[] | null
    readonly Entrypoint?: readonly string[] | null
    readonly Labels?: Readonly<Record<string, string>> | null
  }
  readonly HostConfig?: { readonly NetworkMode?: string }
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, RawConnection>> | null }
}

/** `raw`: the answer to `GET /containers/<id>/json` (Docker Engine API, ContainerInspect). */
export function readDetails(raw: RawContainer): ContainerDetails {
  const { State: state, Config: config, HostConfig: host } = raw
  const networks = Object.entries(raw.NetworkSettings?.Networks ?? {})
  return {
    id: raw.Id,
    name: (raw.Name ?? '').replace(/^\//, ''),
    // Docker says both of one that waits to be started again.
    isRunning: state?.Running === true && state.Restarting !== true,
    pid: state?.Pid ?? 0,
    ...healthOf(state?.Health?.Status),
    ...hostNameOf(config?.Hostname ?? '', config?.Domainname ?? ''),
    environment: config?.Env ?? [],
    entrypoint: config?.Entrypoint ?? [],
    labels: config?.Labels ?? {},
    networkMode: host?.NetworkMode ?? 'default',
    hostsPath: raw.HostsPath ?? '',
    networks: networks.map(([name, network]) => ({
      name,
      id: network.NetworkID ?? '',
      addresses: [network.IPAddress ?? '', network.GlobalIPv6Address ?? ''].filter(text => text !== ''),
      aliases: network.Aliases ?? [],
    })),
  }
}

export interface RawNetwork {
  readonly Id: string
  readonly Options?: Readonly<Record<string, string>> | null
  readonly IPAM?: {
    readonly Driver?: string
    readonly Config?: readonly { readonly AuxiliaryAddresses?: Readonly<Record<string, string>> | null }[] | null
  }
  readonly Containers?: Readonly<
    Record<string, { readonly IPv4Address?: string; readonly IPv6Address?: string }>
  > | null
}

/** `raw`: the answer to `GET /networks/<id>` (Docker Engine API, NetworkInspect). */
export function addressesOf({ IPAM, Containers }: RawNetwork): readonly string[] {
  const setAside = (IPAM?.Config ?? []).flatMap(config => Object.values(config.AuxiliaryAddresses ?? {}))
  const connected = Object.values(Containers ?? {}).flatMap(({ IPv4Address = '', IPv6Address = '' }) => [
    IPv4Address,
    IPv6Address,
  ])
  return [...setAside, ...connected].filter(text => text !== '').map(text => text.replace(/\/\d+$/, ''))
}

/** Docker says `none` of a check that is switched off. */
function healthOf(status: string | undefined): Pick<ContainerDetails, 'health'> {
  return status === undefined || status === 'none' ? {} : { health: status }
}

/** `raw`: a line of `GET /events`. */
export function readEvent({ Type: type, Action: action = '', Actor: actor }: RawEvent): DockerEvent {
  // The actor is the network then.
  const id = type === 'network' ? actor?.Attributes?.container : actor?.ID
  return { action, id: id ?? '' }
}

/** Docker's command gives `-h web.weave.local` as one word, and others what follows the first dot as the domain. */
function hostNameOf(hostname: string, domain: string): Pick<ContainerDetails, 'hostname' | 'domain'> {
  const dot = hostname.indexOf('.')
  if (domain !== '' || dot < 0) return { hostname, domain }
  return { hostname: hostname.slice(0, dot), domain: hostname.slice(dot + 1) }
}
