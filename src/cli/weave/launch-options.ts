import { hostname } from 'node:os'
import type { Command } from 'commander'
import { ensureIdentity } from '../../agent/host/identity.ts'
import { CONNECTIONS_MAX, isAdvertisable, type LaunchRecord } from '../../agent/host/launch-record.ts'
import { isProvisioned } from '../../agent/host/load-host.ts'
import { peerNameOfIdentity } from '../../agent/host/peer-name.ts'
import { ANY_ADDRESS } from '../../base/endpoint.ts'
import { canonicalIp, formatIpAddress, parseIpAddress, parseIpNetwork } from '../../base/ip-address.ts'
import { parseMac } from '../../base/mac.ts'
import { isNickname } from '../../base/nickname.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { ADVERTISED_MAX } from '../../contract/agent-config.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import type { CommandContext } from './context.ts'
import type { PasswordOptions } from './password-input.ts'
import { warn } from './report.ts'

/** Flags of `weave launch` on a host without a provisioner, as Weave has them (rows FLAG-01 to FLAG-10). */
export interface StandAloneOptions extends PasswordOptions {
  /** False for `--no-password`. */
  readonly nickname?: string
  readonly name?: string
  readonly host?: string
  readonly port?: number
  readonly advertiseAddress?: string
  readonly connLimit?: number
  readonly trustedSubnets?: string
  readonly discovery?: boolean
  readonly resume?: boolean
  readonly withoutPassword?: boolean
}

const DEFAULT_CONNECTIONS_MAX = 200

const STAND_ALONE: readonly string[] = [
  ...['password', 'passwordFile', 'generatePassword', 'withoutPassword'],
  ...['nickname', 'name', 'host', 'port', 'advertiseAddress', 'connLimit', 'trustedSubnets', 'mtu', 'weaveBridge'],
]

export function addStandAloneOptions(command: Command): Command {
  return command
    .option('--password <password>', 'what peers must know; better in a file')
    .option('--password-file <file>', 'a file with it, - for standard input; a second line is valid beside it')
    .option('--generate-password', 'make a strong one, and print it')
    .option('--without-password', 'let in whoever comes')
    .option('--nickname <name>', 'what people call this host; its host name otherwise')
    .option('--name <mac>', 'accepted if it is this host’s; names are made of keys')
    .option('--host <address>', 'listen there only: 0.0.0.0 for IPv4 without IPv6')
    .option('--port <port>', 'TCP and UDP port', parseCount('--port', 1, 65535))
    .option(
      '--advertise-address <addresses>',
      'where others may reach this host beside its own addresses: of a NAT that forwards the port',
    )
    .option(
      '--conn-limit <count>',
      `links at most; 0 for ${CONNECTIONS_MAX}, the most`,
      parseCount('--conn-limit', 0, CONNECTIONS_MAX),
    )
    .option(
      '--trusted-subnets <networks>',
      'networks in which frames go in the clear, by the kernel’s fast path, if both ends say so',
    )
    .option('--no-discovery', 'dial given peers only')
    .option('--resume', 'dial the peers of the last launch')
}

/** Refuses flags that contradict the host's certificates, each other, or the host. */
export function checkStandAlone(context: CommandContext, options: StandAloneOptions, peers: readonly string[]): void {
  if (options.resume === true && peers.length > 0) throw bad('--resume takes no peers', 'give one or the other')
  const hasPassword = (options.password ?? options.passwordFile ?? options.generatePassword) !== undefined
  if (hasPassword && options.withoutPassword === true)
    throw bad('--without-password with a password', 'give one or the other')
  if (!isProvisioned(context.paths)) return checkName(context, options)
  const given = Object.entries(options).filter(([name, value]) => isOfStandAlone(name, value))
  if (given.length === 0) return
  throw bad(
    'this host was provisioned: it has certificates and a configuration, and takes neither a password nor other flags',
    'leave the flags out; change the inventory and run `weave-provision up`; or run `weave-provision down` first',
  )
}

/** Whether any flag was given that says what the router should be like. */
export function isStandAloneGiven(options: StandAloneOptions): boolean {
  return Object.entries(options).some(([name, value]) => isOfStandAlone(name, value))
}

export function recordOf(options: StandAloneOptions): LaunchRecord {
  return {
    format: 1,
    nickname: checkNickname(options.nickname ?? hostname()),
    listen: { ip: parseHost(options.host ?? ANY_ADDRESS), port: options.port ?? CONTROL_PORT },
    advertise: parseAdvertised(options.advertiseAddress ?? ''),
    discovery: options.discovery !== false,
    connectionsMax: options.connLimit ?? DEFAULT_CONNECTIONS_MAX,
    trustedSubnets: parseSubnets(options.trustedSubnets ?? ''),
  }
}

function isOfStandAlone(name: string, value: unknown): boolean {
  if (name === 'discovery') return value === false
  return STAND_ALONE.includes(name) && value !== undefined
}

function checkName(context: CommandContext, { name }: StandAloneOptions): void {
  if (name === undefined) return
  const own = peerNameOfIdentity(ensureIdentity(context.paths.identityKey))
  const wanted = parseMac(name)
  if (wanted.ok && wanted.value === (own as string)) return
  throw bad(`this host's name is ${own}, made of its key, and cannot be '${name}'`, 'give --nickname a name for people')
}

function checkNickname(text: string): string {
  if (isNickname(text)) return text
  throw bad(`${JSON.stringify(text)} is no nickname`, 'give --nickname 1 to 255 bytes without control characters')
}

function parseHost(text: string): string {
  const address = parseIpAddress(text)
  if (address.ok) return formatIpAddress(address.value)
  throw bad(`'${text}' is not an IP address`, 'give --host an address of this host')
}

function parseAdvertised(text: string): readonly string[] {
  const addresses = text.split(',').filter(address => address !== '')
  for (const address of addresses) {
    if (!isAdvertisable(address))
      throw bad(
        `others cannot dial '${address}'`,
        'give --advertise-address ADDRESS,… of this host alone, without ports',
      )
  }
  if (addresses.length <= ADVERTISED_MAX) return addresses.map(canonicalIp)
  throw bad(`${addresses.length} addresses are too many`, `give --advertise-address ${ADVERTISED_MAX} at most`)
}

function parseSubnets(text: string): readonly string[] {
  const subnets = text.split(',').filter(subnet => subnet !== '')
  for (const subnet of subnets) {
    if (!parseIpNetwork(subnet).ok) throw bad(`'${subnet}' is not a network`, 'give --trusted-subnets NETWORK/LENGTH,…')
  }
  if (subnets.length > 0) warn('between hosts of --trusted-subnets frames go in the clear, where both ends say so')
  return subnets
}

function parseCount(flag: string, min: number, max: number): (text: string) => number {
  return text => {
    const count = Number(text)
    if (text.trim() !== '' && Number.isInteger(count) && count >= min && count <= max) return count
    throw bad(`'${text}' is no value for ${flag}`, `give ${flag} an integer from ${min} to ${max}`)
  }
}

function bad(cause: string, remedy: string): UserError {
  return new UserError({ cause, remedy }, EXIT_CODES.badInput)
}
