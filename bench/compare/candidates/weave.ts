import type { AgentLab } from '../../../test/system/agent/agent-lab.ts'
import { eventually } from '../../../test/system/eventually.ts'
import { type Candidate, CHAIN, type Contestant } from '../candidate.ts'
import { containerRoutes, SLEEVE_OVERHEAD } from '../chain-lab.ts'
import { NO_DAEMONS } from '../daemons.ts'
import { must } from './kernel.ts'

const CABLES = '10.91.0.0/16'
const BLOCK_UDP =
  'add table inet blocked; add chain inet blocked in { type filter hook input priority 0; }; add rule inet blocked in udp dport 6783 drop'

/** Containers on the bridges of agents that seal every frame. */
export const sleeve: Candidate = {
  name: 'sleeve',
  kind: 'ours',
  about: 'Ethernet, AES-256-GCM end to end, container to container',
  isSealed: true,
  start: startAgents,
}

/** Likewise, where the hosts drop the datagrams: the links, which are TCP, carry what was in them. */
export const sleeveOverTls: Candidate = {
  name: 'sleeve over TLS',
  kind: 'ours',
  about: 'the sleeve where UDP is blocked: the sealed datagrams go over the links between routers, which are TLS',
  isSealed: true,
  configure: config => config,
  async start(lab, underlayMtu) {
    for (const host of CHAIN) await must(lab, host, 'nft', BLOCK_UDP)
    const started = await startAgents(lab, underlayMtu)
    for (const host of CHAIN) {
      await eventually(30_000, async () => {
        const { stdout } = await lab.weave(host, 'status', 'connections')
        return stdout.includes('sleeve over tls') || stdout
      })
    }
    return started
  },
}

/** Containers likewise, on cables that the agents trust: the kernels do it all. */
export const fastPath: Candidate = {
  name: 'fast path',
  kind: 'ours',
  about: 'Ethernet over VXLAN by BPF programs, relayed in the kernel, container to container, nothing sealed',
  isSealed: false,
  configure: config => ({ ...config, trustedSubnets: [CABLES] }),
  async start(lab, underlayMtu) {
    const { routes } = await startAgents(lab, underlayMtu)
    const others = CHAIN.length - 1
    for (const host of CHAIN) {
      await eventually(30_000, async () => {
        const { stdout } = await lab.weave(host, 'status')
        return stdout.includes(`FastPath: enabled (${others} peers `) || stdout
      })
    }
    return { routes, daemons: NO_DAEMONS }
  },
}

async function startAgents(lab: AgentLab, underlayMtu: number): Promise<Pick<Contestant, 'routes' | 'daemons'>> {
  for (const host of CHAIN) await lab.launch(host)
  for (const host of CHAIN) await lab.awaitReachable(host)
  const daemons = new Map(CHAIN.map(host => [host, lab.agent(host)]))
  return { routes: containerRoutes(lab, underlayMtu - SLEEVE_OVERHEAD), daemons }
}
