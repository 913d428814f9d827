import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import type { Libc } from './libc.ts'
import {
  askNetlink,
  attribute,
  listAttributes,
  NETLINK_NETFILTER,
  NLM_F_DUMP,
  readAttributes,
  text,
} from './netlink.ts'
import { type ChainPlace, NFPROTO } from './rule-chains.ts'
import { pathOf } from './run-command.ts'
import { SystemCallError } from './system-call-error.ts'

/** NFT_MSG_GETRULE of NFNL_SUBSYS_NFTABLES, and what a rule is made of (linux/netfilter/nf_tables.h). */
const GET_RULE = (10 << 8) | 7
const NFTA_RULE = { table: 1, chain: 2, expressions: 4 } as const
const NFTA_EXPR = { name: 1, data: 2 } as const
const NFTA_IMMEDIATE_DATA = 2
const NFTA_DATA_VERDICT = 2
const NFTA_VERDICT = { code: 1, chain: 2 } as const
/** -3 in the order of the network. */
const NFT_JUMP = Buffer.of(0xff, 0xff, 0xff, 0xfd)
const NFGENMSG_BYTES = 4
const NOTHING = Buffer.alloc(0)

type Attributes = ReadonlyMap<number, Buffer>

/** What `iptables -A FROM -j CHAIN` adds. */
export interface Jump extends ChainPlace {
  readonly from: string
}

/**
 * True only where the kernel surely has that jump, without a condition. False may be anything, such as rules that are not nftables beneath or
 * that changed while they were listed: then the program is to be asked.
 */
export function hasJump(libc: Libc, jump: Jump, isNftables = writesNftables): boolean {
  if (!isNftables(jump.program)) return false
  try {
    return rulesOf(libc, jump).some(rule => isJump(rule, jump))
  } catch (cause) {
    if (cause instanceof SystemCallError) return false
    throw cause
  }
}

/** Chains of nftables may be left from when the host's `iptables` wrote those. */
function writesNftables(program: Jump['program']): boolean {
  const path = pathOf(`${program}-restore`)
  return path !== undefined && basename(realpathSync(path)) === 'xtables-nft-multi'
}

/** Kernels that know no such filter give those of all chains. */
function rulesOf(libc: Libc, { program, table, from }: Jump): readonly Buffer[] {
  const names = [attribute(NFTA_RULE.table, text(table)), attribute(NFTA_RULE.chain, text(from))]
  const body = Buffer.concat([Buffer.of(NFPROTO[program], 0, 0, 0), ...names])
  return askNetlink(libc, { protocol: NETLINK_NETFILTER, type: GET_RULE, flags: NLM_F_DUMP, body }, 'list rules')
}

function isJump(answer: Buffer, { program, table, from, chain }: Jump): boolean {
  const rule = attributesOf(answer.subarray(NFGENMSG_BYTES))
  const isOfChain = isText(rule.get(NFTA_RULE.table), table) && isText(rule.get(NFTA_RULE.chain), from)
  if (answer[0] !== NFPROTO[program] || !isOfChain) return false
  const expressions = listAttributes(rule.get(NFTA_RULE.expressions) ?? NOTHING).map(([, content]) =>
    attributesOf(content),
  )
  const nameIs = (expression: Attributes, name: string) => isText(expression.get(NFTA_EXPR.name), name)
  // Whatever there is beside is a condition, or does something else.
  const [only, ...more] = expressions.filter(expression => !nameIs(expression, 'counter'))
  if (only === undefined || more.length > 0) return false
  return nameIs(only, 'immediate') && jumpsTo(only.get(NFTA_EXPR.data), chain)
}

function jumpsTo(immediate: Buffer | undefined, chain: string): boolean {
  const data = attributesOf(attributesOf(immediate).get(NFTA_IMMEDIATE_DATA))
  const verdict = attributesOf(data.get(NFTA_DATA_VERDICT))
  return verdict.get(NFTA_VERDICT.code)?.equals(NFT_JUMP) === true && isText(verdict.get(NFTA_VERDICT.chain), chain)
}

function attributesOf(content: Buffer | undefined): Attributes {
  return readAttributes(content ?? NOTHING)
}

/** To its zero byte: one that was cut short is none. */
function isText(content: Buffer | undefined, expected: string): boolean {
  return content?.equals(text(expected)) === true
}
