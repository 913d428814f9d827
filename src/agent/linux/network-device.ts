import { type Mac, parseMac } from '../../base/mac.ts'
import { showLink } from './ip-commands.ts'
import { tryCommand } from './run-command.ts'

/** What the kernel says of a network device. */
export interface NetworkDevice {
  readonly mac: Mac | undefined
  readonly mtu: number
  readonly isUp: boolean
  /** `bridge`, `tun`, `veth` …; undefined for hardware. */
  readonly kind: string | undefined
  /** The bridge that it is a port of. */
  readonly master: string | undefined
}

/** Undefined when there is no such device. */
export function findDevice(name: string): NetworkDevice | undefined {
  const shown = tryCommand(showLink(name))
  return shown === undefined ? undefined : parseShownLink(shown)
}

interface ShownLink {
  readonly address?: string
  readonly mtu?: number
  readonly flags?: readonly string[]
  readonly linkinfo?: { readonly info_kind?: string }
  readonly master?: string
}

/** `shown`: what `ip -json -details link show` prints. */
export function parseShownLink(shown: string): NetworkDevice | undefined {
  const [link] = JSON.parse(shown) as ShownLink[]
  if (link === undefined) return undefined
  const mac = parseMac(link.address ?? '')
  return {
    mac: mac.ok ? mac.value : undefined,
    mtu: link.mtu ?? 0,
    isUp: link.flags?.includes('UP') ?? false,
    kind: link.linkinfo?.info_kind,
    master: link.master,
  }
}
