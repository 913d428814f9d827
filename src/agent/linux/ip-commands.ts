import type { Argv } from './run-command.ts'

/** Takes datagrams with any VNI and sends where a program says (`external`); learns nothing itself. */
export function addVxlan(device: string, port: number): Argv {
  const kind = ['type', 'vxlan', 'external', 'dstport', String(port), 'nolearning', 'udp6zerocsumrx']
  return ['ip', 'link', 'add', 'name', device, ...kind]
}

export function addWireguard(device: string): Argv {
  return ['ip', 'link', 'add', 'name', device, 'type', 'wireguard']
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
