import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '../../contract/json-shape.ts'

const PID_FILE = 'var/run/docker.pid'
const CONFIG_FILE = 'etc/docker/daemon.json'
const OPTIONS = ['tls', 'tlsverify', 'tlscacert', 'tlscert', 'tlskey'] as const

/** As the daemon's own flags name them; a path is a file of this host. */
export interface DaemonTls {
  readonly tls?: boolean
  readonly tlsverify?: boolean
  readonly tlscacert?: string
  readonly tlscert?: string
  readonly tlskey?: string
}

/**
 * How this host's Docker daemon asks for TLS on its ports: by its command line or, where that says nothing, by daemon.json. Empty
 * when it does not, or does not run.
 */
export function daemonTls(root: string): DaemonTls {
  const pid = Number(textOf(join(root, PID_FILE)).trim())
  const words = Number.isInteger(pid) && pid > 0 ? textOf(`/proc/${pid}/cmdline`).split('\0') : []
  return tlsOf(words, textOf(join(root, CONFIG_FILE)))
}

export function tlsOf(commandLine: readonly string[], configuration: string): DaemonTls {
  const config = parseJson(configuration)
  const stated = config.ok && typeof config.value === 'object' && config.value !== null ? config.value : {}
  const found: Record<string, unknown> = Object.fromEntries(
    Object.entries(stated).filter(([name]) => (OPTIONS as readonly string[]).includes(name)),
  )
  for (const [i, word] of commandLine.entries()) {
    const [, name = '', value] = /^--(tls\w*)(?:=(.*))?$/.exec(word) ?? []
    if (name === 'tls' || name === 'tlsverify') found[name] = value === undefined || value === 'true'
    else if ((OPTIONS as readonly string[]).includes(name)) found[name] = value ?? commandLine[i + 1] ?? ''
  }
  return found as DaemonTls
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
