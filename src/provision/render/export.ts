import { assertNever } from '../../base/assert.ts'
import { formatEndpoint } from '../../base/endpoint.ts'

export const EXPORT_FORMATS = ['prometheus', 'consul'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

interface ExportedHost {
  readonly name: string
  readonly index: number
  readonly bridgeAddress: string
  readonly containerRange: string
  readonly underlayAddresses: readonly string[]
}

export interface Export {
  readonly clusterName: string
  readonly hosts: readonly ExportedHost[]
  /** Where each router serves its metrics. */
  readonly metricsPort: number
}

/** The hosts of a cluster for a program that watches or finds them; each by its first underlay address. */
export function renderExport({ clusterName, hosts, metricsPort }: Export, format: ExportFormat): string {
  const reachable = hosts.flatMap(host => host.underlayAddresses.slice(0, 1).map(address => ({ host, address })))
  switch (format) {
    case 'prometheus': {
      const groups = reachable.map(({ host, address }) => ({
        targets: [formatEndpoint({ ip: address, port: metricsPort })],
        labels: labelsOf(clusterName, host),
      }))
      return `${JSON.stringify(groups, null, 2)}\n`
    }
    case 'consul':
      return reachable
        .map(({ host, address }) => `${JSON.stringify(registration(clusterName, host, { address, metricsPort }))}\n`)
        .join('')
    default:
      return assertNever(format)
  }
}

/** As Prometheus reads them from a file (`file_sd_configs`). */
function labelsOf(clusterName: string, host: ExportedHost): Readonly<Record<string, string>> {
  return {
    weave_cluster: clusterName,
    weave_host: host.name,
    weave_number: String(host.index),
    weave_bridge: host.bridgeAddress,
    weave_containers: host.containerRange,
  }
}

/** As Consul's `/v1/catalog/register` takes it, for a host on which no agent of Consul speaks for itself. */
function registration(
  clusterName: string,
  host: ExportedHost,
  { address, metricsPort }: { readonly address: string; readonly metricsPort: number },
) {
  const bridge = host.bridgeAddress.split('/')[0]
  return {
    Node: host.name,
    Address: address,
    TaggedAddresses: { lan: address, weave: bridge },
    NodeMeta: { 'external-node': 'true', 'external-probe': 'false' },
    Service: {
      ID: 'weave',
      Service: 'weave',
      Tags: [clusterName],
      Address: address,
      Port: metricsPort,
      Meta: labelsOf(clusterName, host),
    },
  }
}
