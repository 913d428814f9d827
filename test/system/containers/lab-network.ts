import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { endOf } from '../agent/agent-lab.ts'

/** Behind the gateway. */
const HOME = { gateway: '192.168.77.1', host: '192.168.77.2' } as const

/** A switch that hosts are plugged into, each a network namespace of its own; one host may be at home, behind a gateway. */
export class LabNetwork {
  readonly #holders: ChildProcess[] = []

  /** `pids`: of a process in each host. The gateway of the host at home has that host's address on the switch. */
  async connect(
    addressOf: (name: string) => string,
    pids: ReadonlyMap<string, string>,
    behindNat: string | undefined,
  ): Promise<void> {
    const lan = await this.#add('ip link add lan type bridge && ip link set lan up')
    for (const [name, pid] of pids) {
      const isAtHome = name === behindNat
      const end = isAtHome ? await this.#addGateway(pid) : { pid, device: 'eth0' }
      const peer = ['type', 'veth', 'peer', 'name', end.device, 'netns', end.pid]
      inNetwork(lan, 'link', 'add', 'name', `port-${name}`, ...peer)
      inNetwork(lan, 'link', 'set', `port-${name}`, 'master', 'lan', 'up')
      giveAddress(end.pid, end.device, addressOf(name))
    }
  }

  async dispose(): Promise<void> {
    for (const holder of this.#holders) {
      const ended = endOf(holder)
      holder.kill('SIGKILL')
      await ended
    }
  }

  /** Gives the end that the outside is plugged into. */
  async #addGateway(host: string): Promise<{ readonly pid: string; readonly device: string }> {
    const masquerade = 'iptables -t nat -A POSTROUTING -o wan -j MASQUERADE'
    const pid = await this.#add(`sysctl -qw net.ipv4.ip_forward=1 && ${masquerade}`)
    inNetwork(pid, 'link', 'add', 'name', 'home', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host)
    giveAddress(pid, 'home', HOME.gateway)
    giveAddress(host, 'eth0', HOME.host)
    inNetwork(host, 'route', 'add', 'default', 'via', HOME.gateway)
    return { pid, device: 'wan' }
  }

  /** A network that is no host's; gives the process that holds it. */
  async #add(setUp: string): Promise<string> {
    const script = `${setUp} && echo ready && exec sleep infinity`
    const holder = spawn('unshare', ['--net', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#holders.push(holder)
    await untilReady(holder, 'a network between the hosts')
    return String(holder.pid)
  }
}

/** Until it has said something; rejects when it ends before. */
export function untilReady(holder: ChildProcess, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    holder.stdout?.once('data', () => resolve())
    holder.once('exit', code => reject(new Error(`${what} ended with ${code}`)))
  })
}

/** `ip` in the network of a process. */
function inNetwork(pid: string, ...argv: readonly string[]): void {
  execFileSync('nsenter', ['-t', pid, '-n', 'ip', ...argv])
}

function giveAddress(pid: string, device: string, address: string): void {
  inNetwork(pid, 'address', 'add', `${address}/24`, 'dev', device)
  inNetwork(pid, 'link', 'set', device, 'up')
}
