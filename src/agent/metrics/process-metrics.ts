import { AGENT_VERSION } from '../version.ts'
import type { Metric } from './metric.ts'

/** The agent itself, with the names that all exporters use (row MET-09). */
export function processMetrics(startedAt: Date): readonly Metric[] {
  const { user, system } = process.cpuUsage()
  const gauge = (name: string, help: string, value: number): Metric => ({
    name,
    help,
    type: 'gauge',
    samples: [{ value }],
  })
  return [
    {
      name: 'weave_build_info',
      help: 'The version of the agent and of its runtime.',
      type: 'gauge',
      samples: [{ labels: { version: AGENT_VERSION, node: process.versions.node }, value: 1 }],
    },
    {
      name: 'process_cpu_seconds_total',
      help: 'Processor time of the agent.',
      type: 'counter',
      samples: [{ value: (user + system) / 1e6 }],
    },
    gauge('process_resident_memory_bytes', 'Resident memory of the agent.', process.memoryUsage.rss()),
    gauge(
      'process_start_time_seconds',
      'When the agent was started, in seconds since 1970.',
      startedAt.getTime() / 1000,
    ),
  ]
}
