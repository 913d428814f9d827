import type { Argv } from '../linux/run-command.ts'

/** Takes datagrams with any VNI and sends where the program says (`external`); learns nothing itself. */
export function addVxlan(device: string, port: number): Argv {
  const kind = ['type', 'vxlan', 'external', 'dstport', String(port), 'nolearning', 'udp6zerocsumrx']
  return ['ip', 'link', 'add', 'name', device, ...kind]
}

export function removeDevice(device: string): Argv {
  return ['ip', 'link', 'delete', 'dev', device]
}

/** Takes the device out of its bridge. */
export function leaveBridge(device: string): Argv {
  return ['ip', 'link', 'set', 'dev', device, 'addrgenmode', 'none', 'nomaster']
}

/** Whatever an earlier arrangement has attached to the device goes with its clsact qdisc. */
export function removeFilters(device: string): Argv {
  return ['tc', 'qdisc', 'delete', 'dev', device, 'clsact']
}
