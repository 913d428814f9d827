import type { DataPathReport } from '../../../../src/agent/datapath/messages.ts'
import { formatMetrics } from '../../../../src/agent/metrics/metric.ts'
import { dataPathMetrics, routerMetrics } from '../../../../src/agent/metrics/router-metrics.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import type { ConnectionStatus, RouterStatus } from '../../../../src/core/router/index.ts'
import { NO_SIZES } from '../table-sizes.ts'

const NAME = '02:00:00:00:00:02' as PeerName

describe('metrics', () => {
  it('are written as Prometheus reads them, with what is special to it escaped', () => {
    const samples = [{ labels: { reason: 'a "b" \\ c\nd' }, value: 3 }, { value: 0.5 }]
    expect(formatMetrics([{ name: 'weave_x_total', help: 'One\nline.', type: 'counter', samples }])).toBe(
      '# HELP weave_x_total One\\nline.\n# TYPE weave_x_total counter\n' +
        'weave_x_total{reason="a \\"b\\" \\\\ c\\nd"} 3\nweave_x_total 0.5\n',
    )
  })

  it('count connections by state and path, present or not (row MET-01)', () => {
    const text = formatMetrics(routerMetrics(status([connection('established'), connection('failed')])))
    expect(text).toContain('weave_connections{state="established",type="sleeve",encryption="yes"} 1\n')
    expect(text).toContain('weave_connections{state="failed",type="",encryption=""} 1\n')
    expect(text).toContain('weave_connections{state="pending",type="",encryption=""} 0\n')
    expect(text).toContain(`weave_connection_round_trip_seconds{peer="${NAME}",nickname="beta"} 0.002\n`)
  })

  it('count sealed connections apart from those in the clear', () => {
    const inTheClear = { ...connection('established'), info: `unencrypted fastdp ${NAME}(beta) mtu=1376` }
    const text = formatMetrics(routerMetrics(status([connection('established'), inTheClear, inTheClear])))
    expect(text).toContain('weave_connections{state="established",type="sleeve",encryption="yes"} 1\n')
    expect(text).toContain('weave_connections{state="established",type="fastdp",encryption=""} 2\n')
    expect(text.match(/state="established"/g)).toHaveLength(2)
    expect(formatMetrics(routerMetrics(status([inTheClear])))).toContain('type="sleeve",encryption=""} 0\n')
  })

  it('count changes of paths, and of the ways of sleeve and fast path apart', () => {
    const fastPath = { trusted: [], hasTunnels: false, changes: 3, wayChanges: 1, links: [], peers: [] }
    const text = formatMetrics(routerMetrics({ ...status([]), fastPath, wayChanges: 2 }))
    expect(text).toContain('weave_path_changes_total{change="path"} 3\n')
    expect(text).toContain('weave_path_changes_total{change="way"} 3\n')
  })

  it('name what was dropped by its reason', () => {
    const report = { forwarder: { captured: 5, sentInParts: 7, droppedUnknownKey: 2 }, pump: {} } as DataPathReport
    const text = formatMetrics(dataPathMetrics(report))
    expect(text).toContain('weave_frames_total{action="captured"} 5\n')
    expect(text).toContain('weave_dropped_total{reason="unknown_key"} 2\n')
    expect(text).toContain('weave_path_mtu_frames_total{action="sent_in_parts"} 7\n')
  })
})

function connection(state: ConnectionStatus['state']): ConnectionStatus {
  const isUp = state === 'established'
  return {
    direction: 'outbound',
    address: { ip: '192.0.2.1', port: 6783 },
    state,
    info: isUp ? `encrypted   sleeve ${NAME}(beta) mtu=1376` : 'connection refused, retry in 3 s',
    forMs: 1000,
    ...(isUp ? { peer: { name: NAME, nickname: 'beta' }, roundTripMs: 2 } : {}),
  }
}

function status(connections: readonly ConnectionStatus[]): RouterStatus {
  const name = '02:00:00:00:00:01' as PeerName
  return {
    name,
    nickname: 'alpha',
    membership: 'certified' as const,
    shortId: 1,
    clusterId: 'x',
    manifestVersion: 3,
    sizes: NO_SIZES,
    discovery: true,
    wayChanges: 0,
    refused: {},
    targets: [],
    connections,
    peers: [],
  }
}
