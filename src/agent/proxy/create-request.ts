import { ok, type Result } from '../../base/result.ts'
import type { AddressWishes } from '../containers/address-wish.ts'
import { parseWeaveCidr } from '../containers/address-wish.ts'
import { HOST_NAME_MAX, type NameServer } from '../containers/run-words.ts'
import type { ImageCommand } from '../docker/docker-client.ts'
import { WAIT_FOLDER, WAIT_PROGRAM } from './wait-program.ts'

/** The body of `POST /containers/create`, as far as the proxy looks into it; the rest is passed on as it is. */
export interface CreateBody {
  readonly Image?: string
  readonly Entrypoint?: readonly string[] | string | null
  readonly Cmd?: readonly string[] | string | null
  readonly Env?: readonly string[] | null
  readonly Hostname?: string
  readonly Domainname?: string
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly HostConfig?: HostConfig
}

interface HostConfig {
  readonly NetworkMode?: string
  readonly Binds?: readonly string[] | null
  readonly Dns?: readonly string[] | null
  readonly DnsSearch?: readonly string[] | null
}

/** The variable WEAVE_CIDR of a container; when it has none, one address of the default subnet, or with `isAsked` nothing. */
export function wishesOfEnvironment(environment: readonly string[], isAsked = false): Result<AddressWishes> {
  const value = environment.findLast(variable => variable.startsWith('WEAVE_CIDR='))
  if (value === undefined && isAsked) return ok({ kind: 'none' })
  return value === undefined ? parseWeaveCidr('') : parseWeaveCidr(value.slice('WEAVE_CIDR='.length))
}

/** What is wanted for the container; undefined when it is to be left alone (Weave row PRX-01). */
export function wishesOfBody(body: CreateBody, defaultIpalloc: boolean): Result<AddressWishes> {
  const mode = body.HostConfig?.NetworkMode ?? ''
  if (!['', 'default', 'bridge'].includes(mode)) return ok({ kind: 'none' })
  return wishesOfEnvironment(body.Env ?? [], !defaultIpalloc)
}

/** Needed only when the request itself does not say what to run. */
export function needsImage(body: CreateBody): boolean {
  return wordsOf(body.Entrypoint) === undefined
}

export interface Additions {
  readonly waitFolder: string
  readonly image: ImageCommand | undefined
  readonly nameServer: NameServer | undefined
  /** '' when Docker chooses one. */
  readonly name: string
}

/** The same container, whose command waits for its network, and which asks our name server. */
export function rewriteCreate(body: CreateBody, additions: Additions): CreateBody {
  const { waitFolder, nameServer } = additions
  const host = body.HostConfig ?? {}
  const binds = [...(host.Binds ?? []), `${waitFolder}:${WAIT_FOLDER}:ro`]
  return {
    ...body,
    ...waitingCommand(body, additions.image),
    ...(nameServer === undefined ? {} : nameOf(body, additions.name, nameServer)),
    HostConfig: { ...host, Binds: binds, ...(nameServer === undefined ? {} : dnsOf(body, host, nameServer)) },
  }
}

/** As Docker merges request and image: a given entrypoint drops the image's command too. */
function waitingCommand(body: CreateBody, image: ImageCommand | undefined): Pick<CreateBody, 'Entrypoint' | 'Cmd'> {
  const given = wordsOf(body.Entrypoint)
  const command = wordsOf(body.Cmd)
  if (given !== undefined)
    return { Entrypoint: [WAIT_PROGRAM, ...given.filter(word => word !== '')], Cmd: command ?? [] }
  const entrypoint = image?.entrypoint ?? []
  const wanted = command ?? image?.command ?? []
  // Docker itself says that there is nothing to run.
  if (entrypoint.length + wanted.length === 0) return {}
  return { Entrypoint: [WAIT_PROGRAM, ...entrypoint], Cmd: wanted }
}

function nameOf(body: CreateBody, name: string, { domain }: NameServer): Pick<CreateBody, 'Hostname' | 'Domainname'> {
  if ((body.Hostname ?? '') !== '' || name === '') return {}
  return `${name}.${domain}`.length > HOST_NAME_MAX ? {} : { Hostname: name, Domainname: domain }
}

function dnsOf(
  body: CreateBody,
  host: HostConfig,
  { address, domain }: NameServer,
): Pick<HostConfig, 'Dns' | 'DnsSearch'> {
  const search = (body.Hostname ?? '') === '' ? domain : '.'
  return {
    Dns: (host.Dns ?? []).length > 0 ? (host.Dns ?? []) : [address],
    DnsSearch: (host.DnsSearch ?? []).length > 0 ? (host.DnsSearch ?? []) : [search],
  }
}

/** Undefined for what counts as not said. */
function wordsOf(value: readonly string[] | string | null | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return value === '' ? undefined : [value]
  return value === null || value === undefined || value.length === 0 ? undefined : value
}
