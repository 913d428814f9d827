import { fastPathMetrics } from '../../../../src/agent/fastpath/fast-path-metrics.ts'
import type { FastPathReport } from '../../../../src/agent/fastpath/fast-path-port.ts'
import { COUNTER_NAMES, type FastPathCounters } from '../../../../src/agent/fastpath/map-values.ts'
import type { FastPathStatus } from '../../../../src/core/router/index.ts'

const STATUS = { peers: [{ peer: 2, hops: 1 }] } as unknown as FastPathStatus
const REPORT: FastPathReport = {
  counters: Object.fromEntries(COUNTER_NAMES.map((name, i) => [name, i])) as FastPathCounters,
  flooded: { frames: 7, bytes: 700 },
  peers: {
    2: { framesSent: 1, bytesSent: 10, framesReceived: 2, bytesReceived: 20, relayed: { frames: 3, bytes: 30 } },
  },
}

describe('the metrics of the fast path', () => {
  it('tell frames and bytes of each peer, what was flooded to all, and what was relayed for whom', () => {
    expect(samplesOf('weave_fast_path_peer_frames_total')).toEqual({
      ...{ 'all sent': 7, '2 sent': 1, '2 received': 2, '2 relayed': 3 },
    })
    expect(samplesOf('weave_fast_path_bytes_total')).toEqual({
      ...{ 'all sent': 700, '2 sent': 10, '2 received': 20, '2 relayed': 30 },
    })
  })

  it('tell drops from what became of other frames', () => {
    expect(samplesOf('weave_fast_path_dropped_total')).toMatchObject({ ttl: COUNTER_NAMES.indexOf('droppedTtl') })
    expect(samplesOf('weave_fast_path_frames_total')).toMatchObject({ from_sleeve: 5 })
  })

  it('are none without a fast path', () => {
    expect(fastPathMetrics(undefined, REPORT)).toEqual([])
    expect(fastPathMetrics(STATUS, undefined)).toEqual([])
  })
})

function samplesOf(name: string): Readonly<Record<string, number>> {
  const samples = fastPathMetrics(STATUS, REPORT).find(metric => metric.name === name)?.samples ?? []
  return Object.fromEntries(samples.map(({ labels = {}, value }) => [Object.values(labels).join(' '), value]))
}
