import type { Command } from 'commander'
import { followRouter } from '../../agent/http/control-client.ts'
import { ControlError } from '../../agent/http/control-error.ts'
import { readJournal } from '../../agent/journal/journal-file.ts'
import { entryFormat, parseJournalWish } from '../../agent/journal/journal-routes.ts'
import type { CommandContext } from './context.ts'
import { print } from './report.ts'

interface EventOptions {
  readonly follow?: boolean
  readonly last?: string
  readonly since?: string
  readonly json?: boolean
}

export function registerEventCommands(program: Command, context: CommandContext): void {
  program
    .command('events')
    .description('show what happened: links and paths that came and went, members, changes of state, failures')
    .option('-f, --follow', 'go on with what happens from here on')
    .option('--last <count>', 'the last so many (20; all when a time is given)')
    .option('--since <time>', 'from that time on, as 2026-05-04T03:00:00Z')
    .option('--json', 'a line of JSON each')
    .action((options: EventOptions) => showEvents(context, options))
}

/** The journal outlives the router: without one running, it is read from disk. */
async function showEvents(context: CommandContext, options: EventOptions): Promise<void> {
  const query = new URLSearchParams()
  for (const key of ['last', 'since'] as const) if (options[key] !== undefined) query.set(key, options[key])
  if (options.follow === true) query.set('follow', 'true')
  if (options.json === true) query.set('format', 'json')
  const wish = parseJournalWish(query)
  try {
    for await (const text of followRouter(context.paths.controlSocket, `/events?${query}`)) print(text)
  } catch (error) {
    if (!(error instanceof ControlError) || options.follow === true) throw error
    const later = readJournal(context.paths.journal, Number.POSITIVE_INFINITY).filter(entry => entry.at >= wish.since)
    for (const entry of wish.last === 0 ? [] : later.slice(-wish.last)) print(entryFormat(options.json === true)(entry))
  }
}
