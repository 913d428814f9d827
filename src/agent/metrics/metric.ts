/** One metric with all its samples, in Prometheus' terms. */
export interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'summary'
  readonly samples: readonly Sample[]
}

export interface Sample {
  /** Of a summary: which of its two numbers. */
  readonly part?: '_count' | '_sum'
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** Each feature brings one: what it counts, as it is when asked. */
export type MetricSource = () => readonly Metric[] | Promise<readonly Metric[]>

/** The text that Prometheus scrapes (exposition format 0.0.4). */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics.map(formatMetric).join('')
}

function formatMetric({ name, help, type, samples }: Metric): string {
  const lines = samples.map(({ part = '', labels = {}, value }) => `${name}${part}${formatLabels(labels)} ${value}\n`)
  return `# HELP ${name} ${escapeText(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeText(value).replaceAll('"', '\\"')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
