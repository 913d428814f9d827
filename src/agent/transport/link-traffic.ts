import type { RouterStatus } from '../../core/router/index.ts'
import type { LinkTable } from './link-table.ts'

/** The status, with what each link has carried beside its latency and loss. */
export function withTraffic(status: RouterStatus, links: Pick<LinkTable, 'trafficOf'>): RouterStatus {
  const connections = status.connections.map(connection => {
    const isOpen = connection.state === 'established' || connection.state === 'pending'
    const traffic = isOpen
      ? links.trafficOf({ direction: connection.direction, remote: connection.address })
      : undefined
    return { ...connection, ...traffic }
  })
  return { ...status, connections }
}
