import type { Libc } from './libc.ts'
import { askNetlink, NLM_F_ACK, readAttributes } from './netlink.ts'
import { SystemCallError } from './system-call-error.ts'

const NETLINK_XFRM = 6
const XFRM_MSG_GETSPDINFO = 0x25
const XFRMA_SPD_INFO = 1
const FLAGS_BYTES = 4
/** Policies for what is received, sent, and forwarded are counted one behind the other. */
const SENT_AT = 4
const ANSWER_BYTES_MAX = 4096

/** Whether this host has policies of IPsec for what it sends. A kernel without IPsec has none. */
export function hasIpsecPolicies(libc: Libc): boolean {
  const request = {
    type: XFRM_MSG_GETSPDINFO,
    flags: NLM_F_ACK,
    body: new Uint8Array(FLAGS_BYTES),
    protocol: NETLINK_XFRM,
    answerBytesMax: ANSWER_BYTES_MAX,
  }
  try {
    const [answer] = askNetlink(libc, request, 'ask for policies of IPsec')
    const counts = answer && readAttributes(answer.subarray(FLAGS_BYTES)).get(XFRMA_SPD_INFO)
    return (counts?.readUInt32LE(SENT_AT) ?? 0) > 0
  } catch (cause) {
    if (cause instanceof SystemCallError) return false
    throw cause
  }
}
