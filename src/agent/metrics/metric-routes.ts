import type { Route } from '../http/route.ts'
import { formatMetrics, type MetricSource } from './metric.ts'

/** `GET /metrics` (row API-04). */
export function metricRoutes(sources: readonly MetricSource[]): readonly Route[] {
  const answer = async () => {
    const metrics = await Promise.all(sources.map(source => source()))
    return { code: 200, text: formatMetrics(metrics.flat()) }
  }
  return [{ method: 'GET', path: '/metrics', answer }]
}
