import { writeFileSync } from 'node:fs'
import { bytesOfIpAddress, type IpAddress, isIpv4 } from '../../base/ip-address.ts'
import type { Libc } from './libc.ts'
import { askNetlink, attribute, NLM_F_ACK } from './netlink.ts'
import { SystemCallError } from './system-call-error.ts'

/** Writing to it has the kernel forget what it was told of paths of IPv4, of all of them: it has no way to forget one. */
const FLUSH_IPV4 = '/proc/sys/net/ipv4/route/flush'
const RTM_DELROUTE = 25
const AF_INET6 = 10
const RTMSG_BYTES = 12
const PREFIX_AT = 1
const FLAGS_AT = 8
/** What the kernel was told of one destination, rather than a route. */
const RTM_F_CLONED = 0x200
const RTA_DST = 1

/** Has the kernel forget what it was told that the path to the address takes; it keeps that for ten minutes else. False when it does not. */
export function forgetPathMtu(libc: Libc, address: IpAddress): boolean {
  try {
    if (isIpv4(address)) writeFileSync(FLUSH_IPV4, '1')
    else forgetIpv6(libc, address)
    return true
  } catch (cause) {
    if (cause instanceof SystemCallError || (cause instanceof Error && 'code' in cause)) return false
    throw cause
  }
}

function forgetIpv6(libc: Libc, address: IpAddress): void {
  const destination = bytesOfIpAddress(address)
  const head = Buffer.alloc(RTMSG_BYTES)
  head[0] = AF_INET6
  head[PREFIX_AT] = destination.length * 8
  head.writeUInt32LE(RTM_F_CLONED, FLAGS_AT)
  const body = Buffer.concat([head, attribute(RTA_DST, Buffer.from(destination))])
  askNetlink(libc, { type: RTM_DELROUTE, flags: NLM_F_ACK, body }, 'forget the MTU of a path')
}
