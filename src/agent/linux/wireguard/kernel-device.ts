import { assert } from '../../../base/assert.ts'
import type { Libc } from '../libc.ts'
import { askNetlink, attribute, NETLINK_GENERIC, NLM_F_ACK, NLM_F_DUMP, readAttributes, text } from '../netlink.ts'
import { deviceChange, deviceName, deviceState } from './kernel-messages.ts'
import type { WireguardChange, WireguardDevice, WireguardState } from './wireguard-device.ts'

/** linux/genetlink.h: who knows the numbers of families. */
const GENL_ID_CTRL = 16
const CTRL_CMD_GETFAMILY = 3
const CTRL_ATTR_FAMILY_ID = 1
const CTRL_ATTR_FAMILY_NAME = 2
const GENL_HEADER_BYTES = 4
/** linux/wireguard.h. */
const FAMILY = 'wireguard'
const WG_CMD_GET_DEVICE = 0
const WG_CMD_SET_DEVICE = 1
/** An attribute is at most 64 KB, and a peer takes about 150 bytes. */
const PEERS_AT_ONCE = 128

/** A device of the kernel's own WireGuard, spoken to by generic netlink: no process for a change. */
export class KernelWireguard implements WireguardDevice {
  readonly #libc: Libc
  readonly #name: string
  readonly #family: number

  /** The device exists. */
  constructor(libc: Libc, name: string) {
    this.#libc = libc
    this.#name = name
    this.#family = familyOf(libc)
  }

  read(): WireguardState {
    const body = Buffer.concat([header(WG_CMD_GET_DEVICE), deviceName(this.#name)])
    const request = { protocol: NETLINK_GENERIC, type: this.#family, flags: NLM_F_DUMP, body }
    const answers = askNetlink(this.#libc, request, `read the WireGuard device ${this.#name}`)
    return deviceState(answers.map(answer => answer.subarray(GENL_HEADER_BYTES)))
  }

  change({ peers, ...device }: WireguardChange): void {
    for (let at = 0; at === 0 || at < peers.length; at += PEERS_AT_ONCE) {
      const lot = { ...(at === 0 ? device : {}), peers: peers.slice(at, at + PEERS_AT_ONCE) }
      const body = Buffer.concat([header(WG_CMD_SET_DEVICE), deviceChange(this.#name, lot)])
      const request = { protocol: NETLINK_GENERIC, type: this.#family, flags: NLM_F_ACK, body }
      askNetlink(this.#libc, request, `change the WireGuard device ${this.#name}`)
    }
  }
}

function familyOf(libc: Libc): number {
  const body = Buffer.concat([header(CTRL_CMD_GETFAMILY), attribute(CTRL_ATTR_FAMILY_NAME, text(FAMILY))])
  const request = { protocol: NETLINK_GENERIC, type: GENL_ID_CTRL, flags: NLM_F_ACK, body }
  const [answer] = askNetlink(libc, request, 'find the netlink family of WireGuard')
  const family = readAttributes(answer?.subarray(GENL_HEADER_BYTES) ?? Buffer.alloc(0)).get(CTRL_ATTR_FAMILY_ID)
  assert(family !== undefined, 'the kernel gives the number of a family that it has')
  return family.readUInt16LE()
}

/** `struct genlmsghdr`, version 1. */
function header(command: number): Buffer {
  return Buffer.of(command, 1, 0, 0)
}
