export const INIT_SYSTEMS = ['systemd', 'sysvinit', 'upstart'] as const
export type InitSystem = (typeof INIT_SYSTEMS)[number]

/** What a host brings its interfaces up with. */
export const NETWORK_TOOLS = ['ifupdown', 'netplan', 'networkd', 'network-manager'] as const
export type NetworkTool = (typeof NETWORK_TOOLS)[number]

/** How Docker is told to use the bridge: through DOCKER_OPTS, through daemon.json, or not at all. */
export const DOCKER_METHODS = ['default', 'daemon-json', 'none'] as const
export type DockerMethod = (typeof DOCKER_METHODS)[number]

/** What the inventory says, in typed values. `undefined` means that the inventory leaves the choice to the plan. */
export interface Inventory {
  /** The group whose hosts form the cluster. */
  readonly group: string
  readonly clusterName: string
  readonly subnet: string
  readonly containerPrefix: number
  /** Networks besides the subnet of which each host hands out a share. */
  readonly addedRanges?: readonly string[] | undefined
  readonly mtu: number
  /** False: frames may go in the clear to any member, by the kernel's fast path. */
  readonly isEncrypted: boolean
  /** Underlay networks within which frames may do so. */
  readonly trustedSubnets: readonly string[]
  /** Whether frames take the kernel's fast path inside WireGuard elsewhere. */
  readonly wantsTunnels?: boolean | undefined
  readonly hosts: readonly InventoryHost[]
}

export interface InventoryHost {
  readonly name: string
  readonly index: number | undefined
  /** The field's historic ways to give a host its number: an address of its own, a range of its own. */
  readonly historic: { readonly bridgeIp: string | undefined; readonly containerRange: string | undefined }
  /** Addresses under which the other hosts reach this one, the preferred one first. */
  readonly underlayAddresses: readonly string[]
  /** How to choose them among the host's own, where the inventory names none. */
  readonly underlayChoice?: UnderlayChoice | undefined
  readonly port: number
  readonly initSystem: InitSystem | undefined
  readonly networkTool?: NetworkTool | undefined
  readonly dockerMethod: DockerMethod | undefined
  /** Further keys of daemon.json. */
  readonly dockerOptions: Readonly<Record<string, unknown>>
  /** Overrides the targets that follow from the inventory: `ip[:port]` or names of hosts. */
  readonly peers: readonly string[] | undefined
  /** What links to other hosts cost, by their names, 1 to 65,535; what is not named is measured. */
  readonly linkCosts?: Readonly<Record<string, number>> | undefined
  /** Programs of the user's on the control machine, run around a change that containers notice. */
  readonly hooks: Hooks
}

/** At least one of the two says something; both must hold. */
export interface UnderlayChoice {
  /** Networks, the preferred one first. */
  readonly cidrs: readonly string[]
  readonly interfaceName: string | undefined
}

export interface Hooks {
  readonly before?: string | undefined
  readonly after?: string | undefined
}
