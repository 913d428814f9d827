import type { LogFields, LogLevel } from '../../core/router/index.ts'
import type { Logger } from '../runtime/logger.ts'
import type { JournalEntry } from './journal-entry.ts'
import { JournalFile, readJournal } from './journal-file.ts'

export const JOURNAL_ENTRIES_MAX = 1000
const FOLLOWERS_MAX = 16
/** What a follower that does not read may have waiting; it is let go beyond that. */
const WAITING_MAX = 1000

export interface JournalOptions {
  readonly path: string
  /** Where everything is written beside the journal, and where the journal's own trouble goes. */
  readonly log: Logger
  readonly clock: () => Date
}

export interface EventCount {
  readonly event: string
  readonly level: JournalEntry['level']
  readonly count: number
}

interface Follower {
  readonly waiting: JournalEntry[]
  wake: () => void
}

/**
 * What happened on this host, kept over restarts: whatever is logged at `info` and above. It is itself the logger that the agent
 * is given. A full disk costs the entries on disk, not those in memory, and is said once.
 */
export class Journal implements Logger {
  readonly #options: JournalOptions
  readonly #file: JournalFile
  readonly #followers = new Set<Follower>()
  #entries: JournalEntry[]
  readonly #counts = new Map<string, EventCount>()
  #hasFailed = false

  constructor(options: JournalOptions) {
    this.#options = options
    this.#file = new JournalFile(options.path)
    this.#entries = [...readJournal(options.path, JOURNAL_ENTRIES_MAX)]
  }

  write(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.#options.log.write(level, message, fields)
    if (level === 'debug') return
    this.#add({ at: this.#options.clock().toISOString(), level, event: message, fields })
  }

  /** The last `entriesMax` since `since` (ISO 8601), oldest first. */
  last(entriesMax: number, since = ''): readonly JournalEntry[] {
    const later = this.#entries.filter(entry => entry.at >= since)
    return entriesMax === 0 ? [] : later.slice(-entriesMax)
  }

  /** How often each event has happened since the start. Events are constant sentences, so there are few. */
  get counts(): readonly EventCount[] {
    return [...this.#counts.values()]
  }

  /** What happens from the call on, until `gone` is aborted; undefined when too many follow already. */
  follow(gone: AbortSignal): AsyncIterable<JournalEntry> | undefined {
    if (this.#followers.size >= FOLLOWERS_MAX) return undefined
    const follower: Follower = { waiting: [], wake: () => undefined }
    this.#followers.add(follower)
    gone.addEventListener('abort', () => this.#letGo(follower), { once: true })
    return this.#entriesFor(follower)
  }

  async *#entriesFor(follower: Follower): AsyncGenerator<JournalEntry> {
    while (this.#followers.has(follower)) {
      yield* follower.waiting.splice(0)
      if (follower.waiting.length > 0) continue
      await new Promise<void>(resolve => {
        follower.wake = resolve
        if (!this.#followers.has(follower) || follower.waiting.length > 0) resolve()
      })
    }
  }

  #letGo(follower: Follower): void {
    this.#followers.delete(follower)
    follower.wake()
  }

  #add(entry: JournalEntry): void {
    const { event, level } = entry
    const key = `${level} ${event}`
    this.#counts.set(key, { event, level, count: (this.#counts.get(key)?.count ?? 0) + 1 })
    this.#entries.push(entry)
    if (this.#entries.length > 2 * JOURNAL_ENTRIES_MAX) this.#entries = this.#entries.slice(-JOURNAL_ENTRIES_MAX)
    this.#save(entry)
    for (const follower of this.#followers) {
      if (follower.waiting.push(entry) > WAITING_MAX) this.#letGo(follower)
      else follower.wake()
    }
  }

  #save(entry: JournalEntry): void {
    try {
      this.#file.append(entry)
      this.#hasFailed = false
    } catch (cause) {
      if (!this.#hasFailed) {
        this.#options.log.write('error', 'journal not written', { reason: (cause as Error).message })
      }
      this.#hasFailed = true
    }
  }
}
