import type { LogFields, LogLevel } from '../../core/router/index.ts'

export type { LogLevel }

export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

export interface Logger {
  /** `message` is a constant sentence; what varies is in the fields. Never a key, a password or payload. */
  write(level: LogLevel, message: string, fields?: LogFields): void
}

export interface LoggerOptions {
  /** The least level that is written. */
  readonly level: LogLevel
  readonly clock: () => Date
  readonly output: (line: string) => void
}

/** One line each: `time=… level=info msg="link up" peer=2`. */
export function createLogger(options: LoggerOptions): Logger {
  const least = LOG_LEVELS.indexOf(options.level)
  return {
    write(level, message, fields = {}) {
      if (LOG_LEVELS.indexOf(level) < least) return
      const all = { time: options.clock().toISOString(), level, msg: message, ...fields }
      const pairs = Object.entries(all).map(([key, value]) => `${key}=${formatValue(value)}`)
      options.output(`${pairs.join(' ')}\n`)
    },
  }
}

export function isLogLevel(text: string): text is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(text)
}

/** Quoted where it must be, so that a value cannot pretend to be further fields or lines. */
export function formatValue(value: string | number | boolean): string {
  const text = String(value)
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text)
}
