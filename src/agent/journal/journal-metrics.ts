import { LINK_CLOSED } from '../../core/router/index.ts'
import type { Metric } from '../metrics/metric.ts'
import type { Journal } from './journal.ts'

/** What the journal has counted; row MET-02 among it. */
export function journalMetrics(journal: Journal): readonly Metric[] {
  const ended = journal.counts.filter(({ event }) => event === LINK_CLOSED).reduce((sum, { count }) => sum + count, 0)
  return [
    {
      name: 'weave_events_total',
      help: 'Entries of the journal, by event and level.',
      type: 'counter',
      samples: journal.counts.map(({ event, level, count }) => ({ labels: { event, level }, value: count })),
    },
    {
      name: 'weave_connection_terminations_total',
      help: 'Connections to peers that have ended.',
      type: 'counter',
      samples: [{ value: ended }],
    },
  ]
}
