import type { AgentConfig } from '../../../src/contract/agent-config.ts'
import type { ClusterManifest, ManifestHost } from '../../../src/contract/cluster-manifest.ts'

/** A configuration in which everything is right; a test spoils one thing. */
export const GOOD_CONFIG: AgentConfig = {
  format: 1,
  clusterId: 'c-1',
  clusterKey: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  host: 'alpha',
  nickname: 'alpha',
  shortId: 1,
  bridge: { name: 'weave', address: '10.2.0.1/16', mtu: 1376 },
  containerRange: '10.2.1.0/24',
  subnet: '10.2.0.0/16',
  listen: { ip: '0.0.0.0', port: 6783 },
  advertise: ['10.77.1.11'],
  targets: ['10.77.1.12:6783', '10.77.1.13'],
  discovery: true,
}

export const GOOD_MANIFEST: ClusterManifest = {
  format: 1,
  clusterId: 'c-1',
  clusterName: 'lab',
  version: 3,
  subnet: '10.2.0.0/16',
  hosts: [hostNumber(1), hostNumber(2)],
}

export function hostNumber(shortId: number): ManifestHost {
  const pair = shortId.toString(16).padStart(4, '0')
  return {
    host: `host-${shortId}`,
    shortId,
    peerName: `02:00:00:00:${pair.slice(0, 2)}:${pair.slice(2)}` as ManifestHost['peerName'],
    publicKey: `key-${shortId}`,
    bridgeAddress: '10.2.0.1/16',
    containerRange: '10.2.1.0/24',
    addresses: ['10.77.1.11'],
    port: 6783,
  }
}
