import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type JournalEntry, parseEntry } from './journal-entry.ts'

const FILE_BYTES_MAX = 1024 * 1024

/**
 * The journal on disk: a line of JSON each entry, in a file and the one before it, `PATH.1`, so that at most twice the limit is
 * ever kept.
 */
export class JournalFile {
  readonly #path: string
  readonly #write: typeof appendFileSync
  #bytes: number
  /** The last line was cut short: the next one must not become a part of it. */
  #isTorn: boolean

  /** Makes the folder, for root alone. */
  constructor(path: string, write = appendFileSync) {
    this.#path = path
    this.#write = write
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    this.#isTorn = this.#bytes > 0 && !readFileSync(path, 'latin1').endsWith('\n')
  }

  /** Throws when the disk does not take it. */
  append(entry: JournalEntry): void {
    const line = `${this.#isTorn ? '\n' : ''}${JSON.stringify(entry)}\n`
    if (this.#bytes > 0 && this.#bytes + line.length > FILE_BYTES_MAX) {
      renameSync(this.#path, `${this.#path}.1`)
      this.#bytes = 0
    }
    // A disk that is full often takes the beginning of it.
    this.#isTorn = true
    this.#write(this.#path, line, { mode: 0o600 })
    this.#bytes += Buffer.byteLength(line)
    this.#isTorn = false
  }
}

/** The last entries on disk, oldest first; lines that cannot be read are passed over. */
export function readJournal(path: string, entriesMax: number): readonly JournalEntry[] {
  const lines = [`${path}.1`, path].flatMap(readLines)
  return lines.flatMap(line => parseEntry(line) ?? []).slice(-entriesMax)
}

function readLines(path: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return []
  return readFileSync(path, 'utf8').split('\n')
}
