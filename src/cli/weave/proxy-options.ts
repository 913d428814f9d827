import { type Command, Option } from 'commander'
import { daemonTls } from '../../agent/docker/daemon-tls.ts'
import { compileExpression } from '../../agent/proxy/go-expression.ts'
import {
  DEFAULT_PROXY,
  loadProxySettings,
  type ProxyEndpoint,
  type ProxySettings,
  type ProxyTls,
  saveProxySettings,
} from '../../agent/proxy/proxy-settings.ts'
import { parseEndpoint } from '../../base/endpoint.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { warn } from './report.ts'

/** Flags of the proxy in front of Docker (Weave rows FLAG-24 to FLAG-32); absent, or true for `--no-…`, when not given. */
export interface ProxyOptions {
  readonly H?: readonly string[]
  /** False: TLS is not taken over from Docker's daemon. */
  readonly detectTls?: boolean
  readonly tls?: boolean
  readonly tlsverify?: boolean
  readonly tlscacert?: string
  readonly tlscert?: string
  readonly tlskey?: string
  readonly withoutDns?: boolean
  readonly multicastRoute?: boolean
  readonly rewriteHosts?: boolean
  readonly defaultIpalloc?: boolean
  readonly hostnameFromLabel?: string
  readonly hostnameMatch?: string
  readonly hostnameReplacement?: string
  readonly rewriteInspect?: boolean
}

/** The original's, for Docker over TCP. */
const TCP_PORT = 12375

export function addProxyOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '-H <endpoint>',
        'where the proxy listens beside its own socket: tcp://0.0.0.0:12375, unix:///PATH',
      ).argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]),
    )
    .option('--no-detect-tls', 'no TLS on the proxy’s ports, even where Docker’s daemon has it')
    .option('--tls', 'TLS on the proxy’s ports; without it, as Docker’s daemon has it')
    .option('--tlsverify', 'the same, and whoever asks shows a certificate of --tlscacert')
    .option('--tlscacert <file>', 'who certifies those who ask')
    .option('--tlscert <file>', 'the proxy’s certificate')
    .option('--tlskey <file>', 'its key')
    .option('--without-dns', 'containers of the proxy get no names and ask Docker’s resolvers')
    .option('--no-multicast-route', 'their multicast goes elsewhere')
    .option('--no-rewrite-hosts', 'their /etc/hosts stays as Docker makes it')
    .option('--no-default-ipalloc', 'only those with a variable WEAVE_CIDR come onto the overlay')
    .option('--hostname-from-label <label>', 'a label that holds the host name')
    .option('--hostname-match <expression>', 'what of a container’s name is its host name: a regular expression')
    .option('--hostname-replacement <text>', 'with $1 for what is matched')
    .option('--rewrite-inspect', '`docker inspect` shows the address on the overlay')
}

/** Keeps what the flags say, for the router that is started next or is told of it. Anew: what is not given has its default. */
export function prepareProxy({ paths, root }: CommandContext, options: ProxyOptions): void {
  saveProxySettings(paths.proxySettings, settingsOf(withDaemonTls(options, root)))
}

/** Who took care that nobody reaches Docker without a certificate does not want to be reached by the proxy's port. */
function withDaemonTls(options: ProxyOptions, root: string): ProxyOptions {
  const isSaid = options.tls !== undefined || options.tlsverify !== undefined || options.detectTls === false
  if (isSaid || (options.H ?? []).length === 0) return options
  const found = daemonTls(root)
  return found.tls === true || found.tlsverify === true ? { ...found, ...options } : options
}

/** Whether any flag was given; without one, a launch keeps what the last one said. */
export function isProxyGiven(options: ProxyOptions): boolean {
  return JSON.stringify(settingsOf(options)) !== JSON.stringify(DEFAULT_PROXY)
}

export function switchProxyOff({ paths }: CommandContext): void {
  saveProxySettings(paths.proxySettings, { ...loadProxySettings(paths.proxySettings), isOn: false })
}

/** A router that is launched has its proxy again, as it was. */
export function switchProxyOn({ paths }: CommandContext): void {
  const settings = loadProxySettings(paths.proxySettings)
  if (!settings.isOn) saveProxySettings(paths.proxySettings, { ...settings, isOn: true })
}

function settingsOf(options: ProxyOptions): ProxySettings {
  const tls = tlsOf(options)
  const listen = (options.H ?? []).map(endpointOf)
  const isOpen = listen.some(endpoint => endpoint.kind === 'tcp' && !endpoint.ip.startsWith('127.'))
  if (isOpen && tls?.ca === undefined)
    warn('whoever reaches the proxy’s port has Docker, and with it this host: give --tlsverify, or a port of 127.0.0.1')
  const hostnameMatch = options.hostnameMatch ?? DEFAULT_PROXY.hostnameMatch
  checkExpression(hostnameMatch)
  return {
    isOn: true,
    listen,
    tls,
    withDns: options.withoutDns !== true,
    multicastRoute: options.multicastRoute !== false,
    rewriteHosts: options.rewriteHosts !== false,
    defaultIpalloc: options.defaultIpalloc !== false,
    hostnameLabel: options.hostnameFromLabel ?? '',
    hostnameMatch,
    hostnameReplacement: options.hostnameReplacement ?? DEFAULT_PROXY.hostnameReplacement,
    rewriteInspect: options.rewriteInspect === true,
  }
}

/** Also with the `=` of `-H=tcp://…`. */
function endpointOf(text: string): ProxyEndpoint {
  const [, kind, place = ''] = /^=?(?:(unix|tcp):\/\/)?(.+)$/.exec(text) ?? []
  if (kind === 'unix' || (kind === undefined && place.startsWith('/'))) return { kind: 'unix', path: place }
  const endpoint = parseEndpoint(place.replace(/^:/, '0.0.0.0:'), TCP_PORT)
  if (endpoint.ok) return { kind: 'tcp', ...endpoint.value }
  throw bad(`'${text}' is no place to listen`, 'give -H tcp://0.0.0.0:12375 or -H unix:///var/run/weave.sock')
}

function tlsOf(options: ProxyOptions): ProxyTls | undefined {
  const { tls, tlsverify, tlscacert: ca, tlscert: certificate, tlskey: key } = options
  if (tls !== true && tlsverify !== true) return undefined
  if (certificate === undefined || key === undefined)
    throw bad('TLS needs a certificate', 'give --tlscert and --tlskey')
  if (tlsverify === true && ca === undefined) throw bad('--tlsverify needs to know whom to let in', 'give --tlscacert')
  return { certificate, key, ca: tlsverify === true ? ca : undefined }
}

function checkExpression(text: string): void {
  try {
    compileExpression(text)
  } catch (cause) {
    throw bad(`--hostname-match: ${(cause as Error).message}`, 'give a regular expression, as ^prod-(.*)$')
  }
}

function bad(cause: string, remedy: string): UserError {
  return new UserError({ cause, remedy }, EXIT_CODES.badInput)
}
