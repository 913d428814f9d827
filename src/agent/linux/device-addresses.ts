import { formatIpv4, ipv4FromNumber } from '../../base/ipv4.ts'
import type { Libc } from './libc.ts'
import { askNetlink, NLM_F_DUMP, readAttributes } from './netlink.ts'

const RTM_GETADDR = 22
const AF_INET = 2
const IFADDRMSG_BYTES = 8
const IFA_ADDRESS = 1
const IFA_LOCAL = 2

export interface DeviceAddress {
  /** Index of the device. */
  readonly device: number
  readonly address: string
}

/**
 * The IPv4 addresses of all devices of this network namespace, in the kernel's order (rtnetlink(7)). Node's own list leaves out
 * a device without a carrier, as Docker's bridge is until its first container runs.
 */
export function ipv4Addresses(libc: Libc): readonly DeviceAddress[] {
  const body = Buffer.alloc(IFADDRMSG_BYTES)
  body[0] = AF_INET
  const answers = askNetlink(libc, { type: RTM_GETADDR, flags: NLM_F_DUMP, body }, 'list the addresses of this host')
  return answers.flatMap(answer => {
    const attributes = readAttributes(answer.subarray(IFADDRMSG_BYTES))
    // Of a point-to-point device IFA_ADDRESS is the far end.
    const own = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS)
    if (own === undefined || own.length !== 4) return []
    return [{ device: answer.readUInt32LE(4), address: formatIpv4(ipv4FromNumber(own.readUInt32BE())) }]
  })
}
