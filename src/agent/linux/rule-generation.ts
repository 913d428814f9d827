import type { Libc } from './libc.ts'
import { askNetlink, NLM_F_ACK, readAttributes } from './netlink.ts'
import { SystemCallError } from './system-call-error.ts'

const NETLINK_NETFILTER = 12
/** NFNL_SUBSYS_NFTABLES and NFT_MSG_GETGEN of linux/netfilter. */
const GET_GENERATION = (10 << 8) | 16
const NFGENMSG_BYTES = 4
const NFTA_GEN_ID = 1
const ANSWER_BYTES_MAX = 4096

/**
 * The number that each change of the host's nftables raises, those of `iptables` among them where it is nftables beneath. Undefined where the
 * kernel has none. Costs three system calls, where listing the rules costs a program.
 */
export function ruleGeneration(libc: Libc): number | undefined {
  const request = {
    type: GET_GENERATION,
    flags: NLM_F_ACK,
    body: new Uint8Array(NFGENMSG_BYTES),
    protocol: NETLINK_NETFILTER,
    answerBytesMax: ANSWER_BYTES_MAX,
  }
  try {
    const [answer] = askNetlink(libc, request, 'ask for the generation of rules')
    return answer && readAttributes(answer.subarray(NFGENMSG_BYTES)).get(NFTA_GEN_ID)?.readUInt32BE()
  } catch (cause) {
    if (cause instanceof SystemCallError) return undefined
    throw cause
  }
}
