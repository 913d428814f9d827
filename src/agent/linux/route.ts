import { bytesOfIpAddress, type IpAddress, isIpv4 } from '../../base/ip-address.ts'
import type { Libc } from './libc.ts'
import { askNetlink, attribute, NLM_F_ACK, readAttributes } from './netlink.ts'
import { SystemCallError } from './system-call-error.ts'

const RTM_GETROUTE = 26
const AF_INET = 2
const AF_INET6 = 10
/** In the 16 bytes of an address in its mapped form. */
const IPV4_AT = 12
const RTMSG_BYTES = 12
const RTA_DST = 1
const RTA_OIF = 4
const ANSWER_BYTES_MAX = 4096
/** There is no way there. */
const NO_WAY = ['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL']

/** Index of the device by which datagrams for the address leave this host; undefined when none do. */
export function deviceTowards(libc: Libc, address: IpAddress): number | undefined {
  const head = Buffer.alloc(RTMSG_BYTES)
  const destination = Buffer.from(bytesOfIpAddress(address)).subarray(isIpv4(address) ? IPV4_AT : 0)
  head[0] = isIpv4(address) ? AF_INET : AF_INET6
  head[1] = destination.length * 8
  const body = Buffer.concat([head, attribute(RTA_DST, destination)])
  const request = { type: RTM_GETROUTE, flags: NLM_F_ACK, body, answerBytesMax: ANSWER_BYTES_MAX }
  try {
    const [answer] = askNetlink(libc, request, 'ask for a route')
    return answer === undefined ? undefined : readAttributes(answer.subarray(RTMSG_BYTES)).get(RTA_OIF)?.readUInt32LE()
  } catch (cause) {
    if (cause instanceof SystemCallError && NO_WAY.includes(cause.code)) return undefined
    throw cause
  }
}
