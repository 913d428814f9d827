import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentLab, Outcome } from '../agent/agent-lab.ts'

/** The kernel's WireGuard where it has one, that of a process elsewhere. */
const KIND = process.env.WEAVE_TEST_WIREGUARD ?? 'userspace'
/** Where WireGuard processes have their sockets. */
const SOCKETS = '/var/run/wireguard'

/** Hosts of a lab whose agents have WireGuard, each with sockets of its own. */
export class WireguardHosts {
  readonly #lab: AgentLab

  constructor(lab: AgentLab) {
    this.#lab = lab
    mkdirSync(SOCKETS, { recursive: true })
  }

  async launch(host: string, environment: NodeJS.ProcessEnv = {}): Promise<void> {
    await this.#lab.launch(host, { WEAVE_WIREGUARD: KIND, ...environment }, this.#within(host))
  }

  async wg(host: string, ...args: string[]): Promise<string> {
    return (await this.#lab.on(host, ...this.#within(host), 'wg', ...args)).stdout
  }

  /** A WireGuard process ends with its device, and it holds the namespace. */
  async end(host: string): Promise<Outcome> {
    return this.#lab.on(host, 'ip', 'link', 'delete', 'weave-wg')
  }

  /** In a mount namespace where the sockets of WireGuard processes are the host's own. */
  #within(host: string): readonly string[] {
    const script = `mkdir -p "$0" && mount --bind "$0" ${SOCKETS} && exec "$@"`
    return ['sh', '-c', script, join(this.#lab.rootOf(host), 'wireguard')]
  }
}
