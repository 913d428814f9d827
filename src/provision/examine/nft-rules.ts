import { type Door, FROM_CONTAINERS } from './firewall-rules.ts'

/** Tables that iptables keeps in nftables: its own listing tells of them, and better. */
const OF_IPTABLES = /^table (ip|ip6) (filter|nat|mangle|raw|security) /

/** Of an nftables ruleset: rules that drop the port, and tables that close all ports and do not open this one. Pure readings. */
export interface NftBlocking {
  readonly rule: string
  /** `table inet firewalld`, for a person to find it. */
  readonly table: string
}

export function blockingNft(ruleset: string, door: Door): readonly NftBlocking[] {
  return tablesOf(ruleset).flatMap(({ name, lines }) => {
    const dropped = lines.filter(line => stops(line, door) && !FROM_CONTAINERS.test(line))
    if (dropped.length > 0) return dropped.map(rule => ({ rule, table: name }))
    const closing = OF_IPTABLES.test(`${name} `) ? undefined : closingLine(lines)
    return closing === undefined || lines.some(line => opens(line, door)) ? [] : [{ rule: closing, table: name }]
  })
}

function tablesOf(ruleset: string): readonly { readonly name: string; readonly lines: readonly string[] }[] {
  return ruleset
    .split(/^(?=table )/m)
    .filter(text => text.startsWith('table '))
    .map(text => {
      const lines = text.split('\n').map(line => line.trim())
      return { name: (lines[0] ?? '').replace(/ \{$/, ''), lines }
    })
}

function stops(line: string, { port, protocol }: Door): boolean {
  return new RegExp(`\\b${protocol} dport ${portPattern(port)}[^\\n]*\\b(drop|reject)\\b`).test(line)
}

/** A port in a named set may be any: it is taken for open. */
function opens(line: string, { port, protocol }: Door): boolean {
  const isForPort = new RegExp(`\\b(${protocol}|th) dport (@\\S+|${portPattern(port)})[^\\n]*\\baccept\\b`)
  return (
    isForPort.test(line) ||
    /^(counter( packets \d+ bytes \d+)? )?accept$/.test(line) ||
    /goto filter_IN_trusted/.test(line)
  )
}

function portPattern(port: number): string {
  return `(${port}\\b|\\{[^}]*\\b${port}\\b[^}]*\\})`
}

/** The policy of a chain that all packets to the host go through, or a last rule of it that refuses the rest. */
function closingLine(lines: readonly string[]): string | undefined {
  const start = lines.findIndex(line => /\bhook input\b/.test(line))
  if (start === -1) return undefined
  if (/policy drop/.test(lines[start] ?? '')) return lines[start]
  const end = lines.indexOf('}', start)
  return lines
    .slice(start, end)
    .find(line => /^(counter( packets \d+ bytes \d+)? )?(drop|reject)( with .*)?$/.test(line))
}
