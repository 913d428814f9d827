import { readFileSync } from 'node:fs'
import type { Libc } from './libc.ts'
import { askNetlink, attribute, NETLINK_NETFILTER, NLM_F_ACK, text } from './netlink.ts'
import { SystemCallError } from './system-call-error.ts'

/** NFT_MSG_GETCHAIN of NFNL_SUBSYS_NFTABLES (linux/netfilter/nf_tables.h), of NETLINK_NETFILTER. */
const GET_CHAIN = (10 << 8) | 4
const NFTA_CHAIN = { table: 1, name: 3 } as const
export const NFPROTO = { iptables: 2, ip6tables: 10 } as const
/** Tables of this namespace that are not nftables beneath; no file where the kernel has not loaded that part. */
const OLD_TABLES = { iptables: '/proc/net/ip_tables_names', ip6tables: '/proc/net/ip6_tables_names' } as const

export interface ChainPlace {
  readonly program: keyof typeof NFPROTO
  readonly table: string
  readonly chain: string
}

/** False where the kernel surely has no such chain of `iptables`; listing the rules would cost a program. */
export function mayHaveChain(libc: Libc, { program, table, chain }: ChainPlace, listOld = listOldTables): boolean {
  const names = [attribute(NFTA_CHAIN.table, text(table)), attribute(NFTA_CHAIN.name, text(chain))]
  const body = Buffer.concat([Buffer.of(NFPROTO[program], 0, 0, 0), ...names])
  try {
    askNetlink(libc, { protocol: NETLINK_NETFILTER, type: GET_CHAIN, flags: NLM_F_ACK, body }, 'ask for a chain')
    return true
  } catch (cause) {
    if (cause instanceof SystemCallError) return cause.code !== 'ENOENT' || listOld(program).length > 0
    throw cause
  }
}

function listOldTables(program: ChainPlace['program']): readonly string[] {
  try {
    return readFileSync(OLD_TABLES[program], 'utf8').split('\n').filter(Boolean)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw cause
  }
}
