import type { Libc } from './libc.ts'
import { askAttribute, NETLINK_NETFILTER } from './netlink.ts'

/** NFT_MSG_GETGEN of NFNL_SUBSYS_NFTABLES, and NFTA_GEN_ID, of NETLINK_NETFILTER; the head is a `struct nfgenmsg`. */
const GENERATION = { protocol: NETLINK_NETFILTER, type: (10 << 8) | 16, headBytes: 4, attribute: 1 }

/**
 * The number that each change of the host's nftables raises, those of `iptables` among them where it is nftables beneath. Undefined where the
 * kernel has none. Costs three system calls, where listing the rules costs a program.
 */
export function ruleGeneration(libc: Libc): number | undefined {
  return askAttribute(libc, GENERATION, 'ask for the generation of rules')?.readUInt32BE()
}
