import type { AgentLab } from '../../../test/system/agent/agent-lab.ts'
import { type Candidate, CHAIN, cableAddress, cableDevice, hostRoutes, neighboursOf } from '../candidate.ts'
import { containerRoutes } from '../chain-lab.ts'
import { NO_DAEMONS } from '../daemons.ts'
import { CABLES } from '../results.ts'

const VXLAN_OVERHEAD = 50

/** The cables themselves, routed by the hosts between: what the machine can do at most. */
export const veth: Candidate = {
  name: CABLES,
  kind: 'reference',
  about: 'bare cables and IP routing, nothing sealed',
  isSealed: false,
  async start(lab) {
    for (const host of CHAIN) await forward(lab, host)
    const routes = hostRoutes(host => cableAddress(host, CHAIN[CHAIN.indexOf(host) - 1] ?? 'b'))
    await must(lab, 'a', 'ip', 'route', 'add', '10.91.0.0/16', 'via', cableAddress('b', 'a'))
    await must(lab, 'b', 'ip', 'route', 'add', '10.91.3.0/24', 'via', cableAddress('c', 'b'))
    await must(lab, 'c', 'ip', 'route', 'add', '10.91.1.0/24', 'via', cableAddress('b', 'c'))
    await must(lab, 'd', 'ip', 'route', 'add', '10.91.0.0/16', 'via', cableAddress('c', 'd'))
    return { routes, daemons: NO_DAEMONS }
  },
}

/** Plain VXLAN of the kernel on each cable, bridged on each host, and containers like those of the agents. */
export const vxlan: Candidate = {
  name: 'vxlan',
  kind: 'reference',
  about: 'Ethernet over kernel VXLAN, bridged on relays, container to container, nothing sealed',
  isSealed: false,
  configure: config => config,
  async start(lab, underlayMtu) {
    const mtu = underlayMtu - VXLAN_OVERHEAD
    for (const [i, host] of CHAIN.entries()) {
      await must(lab, host, 'ip', 'link', 'add', 'weave', 'type', 'bridge')
      for (const other of neighboursOf(host)) {
        const id = String(100 + Math.min(i, CHAIN.indexOf(other)))
        const ends = ['local', cableAddress(host, other), 'remote', cableAddress(other, host)]
        const device = `vx${cableDevice(host, other)}`
        // Without a device of its own below, the kernel would give it 1,500, whatever the cable takes.
        const own = [device, 'mtu', String(mtu), 'type', 'vxlan', 'id', id, ...ends, 'dstport', '4789']
        await must(lab, host, 'ip', 'link', 'add', ...own)
        await must(lab, host, 'ip', 'link', 'set', device, 'master', 'weave', 'up')
      }
      await must(lab, host, 'ip', 'link', 'set', 'weave', 'mtu', String(mtu), 'up')
    }
    return { routes: containerRoutes(lab, mtu), daemons: NO_DAEMONS }
  },
}

export async function forward(lab: AgentLab, host: string): Promise<void> {
  await must(lab, host, 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1')
}

export async function must(lab: AgentLab, host: string, ...argv: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.on(host, ...argv)
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} on ${host}: ${stderr}`)
  return stdout
}
