import { readdirSync, readFileSync } from 'node:fs'

const PERIOD_MS = 100

/** Collects what every process of the machine, lab hosts included, has in its argv and environment while it watches. */
export class ProcessWatch {
  readonly #seen = new Set<string>()
  readonly #timer = setInterval(() => this.#look(), PERIOD_MS)

  /** All that was seen, for markers to be looked for when they are known. */
  get texts(): string {
    return [...this.#seen].join('\n')
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    for (const pid of readdirSync('/proc')) {
      // The machine's first process is started by nobody here, and not always shown to its root.
      if (!/^\d+$/.test(pid) || pid === '1') continue
      for (const kind of ['cmdline', 'environ']) {
        try {
          this.#seen.add(readFileSync(`/proc/${pid}/${kind}`, 'latin1'))
        } catch (error) {
          // It has ended since it was listed.
          if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
        }
      }
    }
  }
}
