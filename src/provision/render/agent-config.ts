import { ANY_ADDRESS } from '../../base/endpoint.ts'
import type { AgentConfig } from '../../contract/agent-config.ts'
import { BRIDGE_NAME } from '../plan/docker-method.ts'
import type { Plan, PlannedHost } from '../plan/plan.ts'
import type { ClusterMaterial } from './cluster-material.ts'

export function renderAgentConfig(plan: Plan, host: PlannedHost, material: ClusterMaterial): string {
  const config: AgentConfig = {
    format: 1,
    clusterId: material.clusterId,
    clusterKey: material.clusterKey,
    host: host.name,
    nickname: host.name,
    shortId: host.index,
    bridge: { name: BRIDGE_NAME, address: host.bridgeAddress, mtu: plan.mtu },
    containerRange: host.containerRange,
    subnet: plan.subnet,
    listen: { ip: ANY_ADDRESS, port: host.port },
    advertise: host.underlayAddresses,
    targets: host.targets,
    discovery: true,
    ...(plan.trustedSubnets.length === 0 ? {} : { trustedSubnets: plan.trustedSubnets }),
    ...(plan.wantsTunnels ? { encryptedFastPath: true } : {}),
    ...(host.linkCosts === undefined ? {} : { linkCosts: host.linkCosts }),
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
