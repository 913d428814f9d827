import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../../base/user-error.ts'
import { parseJson } from '../../contract/json-shape.ts'
import { replaceFile } from '../host/atomic-file.ts'
import { compileExpression, replacementOf } from './go-expression.ts'

/** How the proxy works (Weave rows FLAG-23 to FLAG-32). */
export interface ProxySettings {
  readonly isOn: boolean
  /** Beside its own socket. */
  readonly listen: readonly ProxyEndpoint[]
  readonly tls: ProxyTls | undefined
  readonly withDns: boolean
  readonly multicastRoute: boolean
  readonly rewriteHosts: boolean
  /** False: only containers with a variable WEAVE_CIDR. */
  readonly defaultIpalloc: boolean
  /** '' for none. */
  readonly hostnameLabel: string
  /** A regular expression on a container's name, and what its host name is made of ($1). */
  readonly hostnameMatch: string
  readonly hostnameReplacement: string
  readonly rewriteInspect: boolean
}

export type ProxyEndpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly ip: string; readonly port: number }

/** Files of this host, PEM. With a `ca`, whoever asks must show a certificate of its. */
export interface ProxyTls {
  readonly certificate: string
  readonly key: string
  readonly ca: string | undefined
}

export const DEFAULT_PROXY: ProxySettings = {
  isOn: true,
  listen: [],
  tls: undefined,
  withDns: true,
  multicastRoute: true,
  rewriteHosts: true,
  defaultIpalloc: true,
  hostnameLabel: '',
  hostnameMatch: '(.*)',
  hostnameReplacement: '$1',
  rewriteInspect: false,
}

export function loadProxySettings(path: string): ProxySettings {
  if (!existsSync(path)) return DEFAULT_PROXY
  const json = parseJson(readFileSync(path, 'utf8'))
  if (json.ok && typeof json.value === 'object' && json.value !== null) return { ...DEFAULT_PROXY, ...json.value }
  throw new UserError({ cause: `${path} is not JSON`, remedy: 'delete it, and run `weave launch-proxy` again' })
}

/** May throw. */
export function saveProxySettings(path: string, settings: ProxySettings): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  replaceFile(path, `${JSON.stringify(settings)}\n`, 0o600)
}

/** The host name for a container that is to be made; '' when the name gives none. */
export function hostnameFor(
  name: string,
  labels: Readonly<Record<string, string>>,
  { hostnameLabel, hostnameMatch, hostnameReplacement }: ProxySettings,
): string {
  const labelled = hostnameLabel === '' ? undefined : labels[hostnameLabel]
  if (labelled !== undefined && labelled !== '') return labelled
  return name.replace(compileExpression(hostnameMatch), replacementOf(hostnameReplacement))
}
