import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { Route, RouteRequest } from '../http/route.ts'
import { JOURNAL_ENTRIES_MAX, type Journal } from './journal.ts'
import { formatEntry, type JournalEntry } from './journal-entry.ts'

const LAST_BY_DEFAULT = 20

/** A line each, of text or of JSON. */
export function entryFormat(isJson: boolean): (entry: JournalEntry) => string {
  return isJson ? entry => `${JSON.stringify(entry)}\n` : formatEntry
}

/** `GET /events?last=N&since=TIME&follow=true&format=json`: lines of text, or of JSON. */
export function journalRoutes(journal: Journal): readonly Route[] {
  const answer = (request: RouteRequest) => {
    const wish = parseJournalWish(request.query)
    return { code: 200, text: tell(journal, wish, request) }
  }
  return [{ method: 'GET', path: '/events', answer }]
}

async function* tell(journal: Journal, wish: JournalWish, { query, gone }: RouteRequest): AsyncGenerator<string> {
  const format = entryFormat(query.get('format') === 'json')
  const following = query.get('follow') === 'true' ? journal.follow(gone) : []
  for (const entry of journal.last(wish.last, wish.since)) yield format(entry)
  if (following === undefined) {
    yield 'too many follow the journal already\n'
    return
  }
  for await (const entry of following) yield format(entry)
}

export interface JournalWish {
  readonly last: number
  /** ISO 8601. */
  readonly since: string
}

/** Throws a `UserError` that names the value at fault. */
export function parseJournalWish(query: URLSearchParams): JournalWish {
  const since = query.get('since')
  const last = Number(query.get('last') ?? (since === null ? LAST_BY_DEFAULT : JOURNAL_ENTRIES_MAX))
  if (!Number.isInteger(last) || last < 0 || last > JOURNAL_ENTRIES_MAX) {
    const remedy = `give a whole number from 0 to ${JOURNAL_ENTRIES_MAX}`
    throw new UserError(
      { cause: `last: '${query.get('last')}' is not a number of events`, remedy },
      EXIT_CODES.badInput,
    )
  }
  const time = since === null ? 0 : Date.parse(since)
  if (Number.isNaN(time)) {
    const remedy = 'give it as 2026-05-04T03:00:00Z'
    throw new UserError({ cause: `since: '${since}' is not a time`, remedy }, EXIT_CODES.badInput)
  }
  return { last, since: new Date(time).toISOString() }
}
