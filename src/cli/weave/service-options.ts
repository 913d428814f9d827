import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import { loadServices, type ServiceSettings, saveServices } from '../../agent/host/service-settings.ts'
import { parseInitial } from '../../agent/ipam/ipam-options.ts'
import { isDomainName } from '../../base/domain-name.ts'
import { parseIpNetwork } from '../../base/ip-address.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'

/** Flags of `weave launch` for addresses and names (Weave rows FLAG-12 to FLAG-20). */
export interface ServiceOptions {
  readonly ipallocRange?: string
  readonly ipallocReserved?: string
  readonly ipallocDefaultSubnet?: string
  readonly ipallocInit?: string
  readonly initPeerCount?: string
  /** False for `--no-dns`. */
  readonly dns?: boolean
  readonly dnsDomain?: string
  readonly dnsTtl?: string
  readonly dnsListenAddress?: string
  readonly dnsFallbackTimeout?: string
  readonly resolvConf?: string
  readonly dnsNearestFirst?: boolean
  readonly dnsHealthChecks?: boolean
}

export function addServiceOptions(command: Command): Command {
  return command
    .option('--ipalloc-range <cidr,...>', 'addresses to hand out, of IPv4 and IPv6; an empty word for none')
    .option('--ipalloc-reserved <cidr,...>', 'of these, addresses that only those get who name them')
    .option('--ipalloc-default-subnet <cidr>', 'the subnet of containers that name none')
    .option('--ipalloc-init <mode>', 'consensus[=COUNT], seed=PEERNAME,… or observer')
    .option('--init-peer-count <count>', 'the same as --ipalloc-init consensus=COUNT')
    .option('--no-dns', 'answer no names')
    .option('--dns-domain <domain,…>', 'the domain of names, weave.local otherwise; containers get theirs in the first')
    .option('--dns-ttl <seconds>', 'how long answers may be kept, 1 otherwise')
    .option('--dns-listen-address <ip:port>', 'where names are answered')
    .option('--dns-fallback-timeout <time>', 'how long other resolvers are waited for: 500ms, 5s; 5 seconds otherwise')
    .option('--resolv-conf <file>', 'names the other resolvers, /etc/resolv.conf otherwise')
    .option('--dns-nearest-first', 'answer with containers of this host first')
    .option('--dns-health-checks', 'answer with containers that fail their health check only when there are no others')
}

/** Keeps what the flags say; a launch without any of them keeps what the last one said. */
export function prepareServices({ paths }: CommandContext, options: ServiceOptions): void {
  const given = Object.fromEntries(Object.entries(settingsOf(options)).filter(([, value]) => value !== undefined))
  if (Object.keys(given).length === 0) return
  mkdirSync(dirname(paths.services), { recursive: true, mode: 0o700 })
  saveServices(paths.services, { ...loadServices(paths.services), ...given })
}

function settingsOf(options: ServiceOptions): {
  readonly [Key in keyof ServiceSettings]: ServiceSettings[Key] | undefined
} {
  const initial =
    options.ipallocInit ?? (options.initPeerCount === undefined ? undefined : `consensus=${options.initPeerCount}`)
  if (initial !== undefined) parseInitial(initial, 1)
  const listen = options.dnsListenAddress
  if (listen !== undefined && !/:\d+$/.test(listen)) throw bad(`'${listen}' is not an address with a port`)
  const timeout = seconds('--dns-fallback-timeout', inSeconds(options.dnsFallbackTimeout))
  return {
    range: networks(options.ipallocRange),
    reserved: networks(options.ipallocReserved),
    defaultSubnet: options.ipallocDefaultSubnet === undefined ? undefined : network(options.ipallocDefaultSubnet),
    initial,
    dns: options.dns === false ? false : undefined,
    domain: domains(options.dnsDomain),
    ttlSeconds: seconds('--dns-ttl', options.dnsTtl),
    dnsListen: listen,
    fallbackTimeoutMs: timeout === undefined ? undefined : timeout * 1000,
    resolvConf: options.resolvConf,
    nearestFirst: options.dnsNearestFirst,
    healthChecks: options.dnsHealthChecks,
  }
}

function domains(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const wrong = text.split(',').find(domain => !isDomainName(domain.replace(/\.$/, '')))
  if (wrong !== undefined) throw bad(`'${wrong}' is no domain: --dns-domain`)
  return text
}

/** An empty word for none. */
function networks(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return text
  return text.split(',').map(network).join(',')
}

function network(text: string): string {
  const parsed = parseIpNetwork(text)
  if (!parsed.ok) throw bad(parsed.error)
  return text
}

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 }

/** `1m30s` as Go has it; other words as they are. */
function inSeconds(text: string | undefined): string | undefined {
  if (text === undefined || !/^([\d.]+(ms|s|m|h))+$/.test(text)) return text
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)]
  return String(parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (SECONDS[unit] ?? Number.NaN), 0))
}

function seconds(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text !== '' && value >= 0 && value <= 86_400) return value
  throw bad(`'${text}' is not a number of seconds: ${flag}`)
}

function bad(cause: string): UserError {
  return new UserError({ cause, remedy: 'see `weave launch --help`' }, EXIT_CODES.badInput)
}
