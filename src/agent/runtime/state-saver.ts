import type { Logger } from './logger.ts'

const RETRY_MS = 10_000

/**
 * Saves what the router remembers. A full disk must not stop it: it goes on with what it has in memory, and what the disk did not take is
 * tried again until it does, for a restart must not find what was true before.
 */
export class StateSaver {
  readonly #log: Logger
  readonly #unsaved = new Map<string, () => void>()
  #timer: NodeJS.Timeout | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  /** `save` may throw, and is called again then, unless there is a later one of the same `what` by that time. */
  save(what: string, save: () => void): void {
    const isKnown = this.#unsaved.delete(what)
    try {
      save()
      if (isKnown) this.#log.write('info', 'state saved after all', { what })
    } catch (cause) {
      this.#unsaved.set(what, save)
      this.#timer ??= setInterval(() => this.#saveAll(), RETRY_MS).unref()
      // What fails again and again is said once.
      if (!isKnown) this.#log.write('error', 'state not saved', { what, reason: (cause as Error).message })
    }
    if (this.#unsaved.size === 0) this.#stopTrying()
  }

  /** Tries a last time. */
  stop(): void {
    this.#saveAll()
    this.#stopTrying()
  }

  #saveAll(): void {
    for (const [what, save] of [...this.#unsaved]) this.save(what, save)
  }

  #stopTrying(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
