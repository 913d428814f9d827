import type { Libc } from './libc.ts'
import { askAttribute } from './netlink.ts'

/** XFRM_MSG_GETSPDINFO and XFRMA_SPD_INFO of NETLINK_XFRM; the head holds flags. */
const POLICY_COUNTS = { protocol: 6, type: 0x25, headBytes: 4, attribute: 1 }
/** Policies for what is received, sent, and forwarded are counted one behind the other. */
const SENT_AT = 4

/** Whether this host has policies of IPsec for what it sends. A kernel without IPsec has none. */
export function hasIpsecPolicies(libc: Libc): boolean {
  const counts = askAttribute(libc, POLICY_COUNTS, 'ask for policies of IPsec')
  return (counts?.readUInt32LE(SENT_AT) ?? 0) > 0
}
