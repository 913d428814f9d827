import type { LogFields, LogLevel } from '../../core/router/index.ts'
import { formatValue } from '../runtime/logger.ts'

/** Something that happened on this host: one line of the journal. */
export interface JournalEntry {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly level: Exclude<LogLevel, 'debug'>
  /** A constant sentence: what happened. */
  readonly event: string
  readonly fields: LogFields
}

export function formatEntry({ at, level, event, fields }: JournalEntry): string {
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${formatValue(value)}`)
  return `${at} ${level.padEnd(5)} ${event}${pairs.join('')}\n`
}

/** Undefined for a line that a crash or a full disk has left unfinished. */
export function parseEntry(line: string): JournalEntry | undefined {
  try {
    const { at, level, event, fields } = JSON.parse(line) as Partial<JournalEntry>
    if (typeof at !== 'string' || typeof event !== 'string' || typeof fields !== 'object') return undefined
    return level === 'info' || level === 'warn' || level === 'error' ? { at, level, event, fields } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
