import { type AgentLab, eventually } from '../../../test/system/agent/agent-lab.ts'
import { type Candidate, CHAIN, type Contestant } from '../candidate.ts'
import { containerRoutes, SLEEVE_OVERHEAD } from '../chain-lab.ts'
import { NO_DAEMONS } from '../daemons.ts'

const CABLES = '10.91.0.0/16'

/** Containers on the bridges of agents that seal every frame. */
export const sleeve: Candidate = {
  name: 'sleeve',
  kind: 'ours',
  about: 'Ethernet, AES-256-GCM end to end, container to container',
  isSealed: true,
  start: startAgents,
}

/** Likewise, on cables that the agents trust: the kernels do it all. */
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
