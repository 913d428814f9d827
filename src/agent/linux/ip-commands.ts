import type { Mac } from '../../base/mac.ts'
import type { Argv } from './run-command.ts'

export interface BridgeWish {
  readonly name: string
  readonly mtu: number
  /** Undefined: the kernel chooses. */
  readonly mac: Mac | undefined
}

/** No snooping: a switch that spans hosts must not wait for a querier to pass multicast on. */
export function addBridge(wish: BridgeWish): Argv {
  const address = wish.mac === undefined ? [] : ['address', wish.mac]
  return ['ip', 'link', 'add', 'name', wish.name, ...address, 'type', 'bridge', 'mcast_snooping', '0']
}

/** Set even to what it is: an address that was set stays when ports come and go. */
export function setAddress(device: string, mac: Mac): Argv {
  return ['ip', 'link', 'set', 'dev', device, 'address', mac]
}

export function setMtuAndUp(device: string, mtu: number): Argv {
  return ['ip', 'link', 'set', 'dev', device, 'mtu', String(mtu), 'up']
}

/** Without addresses of its own, the port sends nothing of itself. */
export function makePort(device: string, bridge: string): Argv {
  return ['ip', 'link', 'set', 'dev', device, 'addrgenmode', 'none', 'master', bridge]
}

export function leaveBridge(device: string): Argv {
  return ['ip', 'link', 'set', 'dev', device, 'addrgenmode', 'none', 'nomaster']
}

/** Takes datagrams with any VNI and sends where a program says (`external`); learns nothing itself. */
export function addVxlan(device: string, port: number): Argv {
  const kind = ['type', 'vxlan', 'external', 'dstport', String(port), 'nolearning', 'udp6zerocsumrx']
  return ['ip', 'link', 'add', 'name', device, ...kind]
}

export function addWireguard(device: string): Argv {
  return ['ip', 'link', 'add', 'name', device, 'type', 'wireguard']
}

/** No address but those that it is given. */
export function withoutOwnAddress(device: string): Argv {
  return ['ip', 'link', 'set', 'dev', device, 'addrgenmode', 'none']
}

export function addAddress(device: string, address: string): Argv {
  return ['ip', 'address', 'add', address, 'dev', device]
}

export function flushAddresses(device: string): Argv {
  return ['ip', '-4', 'address', 'flush', 'dev', device]
}

/** The last resort of routes: what has no other way goes nowhere, rather than where the default route leads. */
export function blackhole(verb: 'replace' | 'delete', network: string): Argv {
  return ['ip', 'route', verb, 'blackhole', network, 'metric', '4294967295']
}

export function deleteDevice(device: string): Argv {
  return ['ip', 'link', 'delete', 'dev', device]
}
