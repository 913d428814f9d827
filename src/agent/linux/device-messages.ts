import { type Mac, macToBytes } from '../../base/mac.ts'
import { attribute, byte, nested, text, word } from './netlink.ts'

/** linux/if_link.h. */
export const IFLA = { address: 1, ifname: 3, mtu: 4, master: 10, linkInfo: 18, familySettings: 26 } as const
export const IFLA_INFO = { kind: 1, data: 2 } as const
const IFLA_BR_MCAST_SNOOPING = 23
const IFLA_INET6_ADDR_GEN_MODE = 8
const IN6_ADDR_GEN_MODE_NONE = 1
const AF_INET6 = 10
export const IFF_UP = 1
export const IFINFOMSG_BYTES = 16

/** What becomes of a device; what is left out stays as it is. */
export interface DeviceChange {
  /** Set even to what it is: an address that was set stays when ports come and go. */
  readonly mac?: Mac
  readonly mtu?: number
  readonly isUp?: true
  /** Index of the bridge that it is to be a port of; 0: of none. */
  readonly master?: number
  /** No addresses of IPv6 but those that it is given: without any, a port sends nothing of itself. */
  readonly givesItselfNone?: true
}

/** RTM_NEWLINK for the device of that name, from the `ifinfomsg` on (rtnetlink(7)). */
export function changeMessage(name: string, change: DeviceChange): Buffer {
  const { mac, mtu, master } = change
  return Buffer.concat([
    head(change.isUp === true ? IFF_UP : 0),
    attribute(IFLA.ifname, text(name)),
    ...(mac === undefined ? [] : [attribute(IFLA.address, macToBytes(mac))]),
    ...(mtu === undefined ? [] : [attribute(IFLA.mtu, word(mtu))]),
    ...(master === undefined ? [] : [attribute(IFLA.master, word(master))]),
    ...(change.givesItselfNone === true ? [WITHOUT_OWN_ADDRESSES] : []),
  ])
}

/** The same for a new bridge. No snooping: a switch that spans hosts must not wait for a querier to pass multicast on. */
export function bridgeMessage(name: string, mac: Mac | undefined): Buffer {
  return Buffer.concat([
    head(0),
    attribute(IFLA.ifname, text(name)),
    ...(mac === undefined ? [] : [attribute(IFLA.address, macToBytes(mac))]),
    nested(IFLA.linkInfo, [
      attribute(IFLA_INFO.kind, text('bridge')),
      nested(IFLA_INFO.data, [attribute(IFLA_BR_MCAST_SNOOPING, byte(0))]),
    ]),
  ])
}

/** RTM_DELLINK. */
export function deletionMessage(name: string): Buffer {
  return Buffer.concat([head(0), attribute(IFLA.ifname, text(name))])
}

const WITHOUT_OWN_ADDRESSES = nested(IFLA.familySettings, [
  nested(AF_INET6, [attribute(IFLA_INET6_ADDR_GEN_MODE, byte(IN6_ADDR_GEN_MODE_NONE))]),
])

/** `struct ifinfomsg`; the kernel finds the device by its name. */
function head(flags: number): Buffer {
  const bytes = Buffer.alloc(IFINFOMSG_BYTES)
  bytes.writeUInt32LE(flags, 8)
  bytes.writeUInt32LE(flags, 12)
  return bytes
}
